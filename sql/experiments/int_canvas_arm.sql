{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas with two or more variants × arm, over all days held. Units are entries: with `unit_days` above 1
-- a Canvas that may be entered again counts somebody more than once.
with newest as (
  select workspace, max(activity_date) as as_of_date
  from {{ ref('stg_braze__canvas_variant_daily') }}
  group by workspace
),
test as (
  select workspace, canvas_id
  from {{ ref('int_canvas_variant') }}
  group by workspace, canvas_id
  having count(*) >= 2
),
total as (
  select
    workspace, canvas_id, variation_id,
    sum(entries) as units,
    count(distinct if(entries > 0, activity_date, null)) as unit_days,
    count(distinct if(data_state != 'closed', activity_date, null)) as unclosed_days,
    sum(conversions_by_entry_time) as conversions,
    sum(revenue) as revenue,
    min(if(entries > 0, activity_date, null)) as first_date,
    max(if(entries > 0, activity_date, null)) as last_date
  from {{ ref('stg_braze__canvas_variant_daily') }}
  group by workspace, canvas_id, variation_id
)
select
  v.workspace, v.canvas_id, c.canvas_name, v.variation_id, v.variation_name, true as is_arm, v.is_control,
  coalesce(t.units, 0) as units,
  coalesce(t.unit_days, 0) as unit_days,
  coalesce(t.unclosed_days, 0) as unclosed_days,
  t.conversions, t.revenue, t.first_date, t.last_date, n.as_of_date
from {{ ref('int_canvas_variant') }} as v
join test on test.workspace = v.workspace and test.canvas_id = v.canvas_id
left join total as t
  on t.workspace = v.workspace and t.canvas_id = v.canvas_id and t.variation_id = v.variation_id
left join {{ ref('stg_braze__canvas') }} as c
  on c.workspace = v.workspace and c.canvas_id = v.canvas_id
left join newest as n on n.workspace = v.workspace
