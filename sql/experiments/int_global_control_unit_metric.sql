{{ config(materialized='table', tags=['experiments']) }}
{% set days = global_control_days() %}
-- One row per workspace × person: what Braze says that the person brought between the export that first showed the person and the
-- first one at least so many days later; of who is in that one no more, as last seen before. Those seen on both sides are left out.
with export as (
  select distinct workspace, export_number, seen_on
  from {{ ref('int_global_control_seen') }}
  where has_revenue
),
span as (
  select first.workspace, first.export_number as first_number, min(later.export_number) as last_number
  from export as first
  join export as later
    on later.workspace = first.workspace and later.seen_on >= date_add(first.seen_on, interval {{ days }} day)
  group by first.workspace, first.export_number
),
total as (
  select
    u.workspace, u.experiment_id, u.unit_id, u.arm_id, u.assigned_date, s.total_revenue,
    row_number() over (partition by u.workspace, u.unit_id order by s.export_number, s.braze_id) as from_first,
    row_number() over (partition by u.workspace, u.unit_id order by s.export_number desc, s.braze_id) as from_last
  from {{ ref('int_global_control_unit') }} as u
  join span on span.workspace = u.workspace and span.first_number = u.first_number
  join {{ ref('int_global_control_seen') }} as s
    on s.workspace = u.workspace
    and s.unit_id = u.unit_id
    and s.export_number between span.first_number and span.last_number
    and s.has_revenue
  where u.arms_seen = 1
)
select
  workspace, experiment_id, unit_id, arm_id, cast(null as bool) as is_control,
  'revenue_{{ days }}d' as metric, 'mean' as metric_kind, 'primary' as role,
  sum(if(from_last = 1, total_revenue, 0) - if(from_first = 1, total_revenue, 0)) as value,
  cast(null as numeric) as covariate, cast(null as numeric) as cap_value, cast(null as string) as cap_rule,
  cast(null as float64) as quantile_level, assigned_date as exposed_date, cast(null as string) as segments
from total
group by workspace, experiment_id, unit_id, arm_id, assigned_date
