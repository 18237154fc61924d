{{ config(materialized='table', tags=['braze']) }}
{% set steps = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20] -%}
-- One row per workspace × Canvas × experiment step × path. Braze names the paths of a step and counts what steps sent and brought, but
-- not how many people took a path: there are no units here. A path's totals are those of the steps that nobody reaches but through it,
-- up to 20 steps on; where paths meet again, or another route leads to, nothing can be told apart.
with newest as (
  select workspace, max(activity_date) as as_of_date
  from {{ ref('stg_braze__canvas_step_daily') }}
  group by workspace
),
-- Which words Braze uses for the type is not documented.
experiment_path as (
  select
    s.workspace, s.canvas_id, s.step_id, s.step_name, place,
    nullif(json_value(next_path, '$.name'), 'null') as path_name,
    nullif(json_value(next_path, '$.next_step_id'), '') as next_step_id
  from {{ ref('stg_braze__canvas_step') }} as s
  cross join unnest(json_query_array(s.payload, '$.next_paths')) as next_path with offset as place
  where lower(s.step_type) like '%experiment%'
),
arm as (
  select
    workspace, canvas_id, step_id, step_name, path_name, next_step_id,
    -- A path has no id of its own: it goes by the step that it alone leads to, else by its place.
    if(
      next_step_id is not null and count(*) over (partition by workspace, canvas_id, step_id, next_step_id) = 1,
      next_step_id,
      concat('path-', cast(place + 1 as string))
    ) as arm_id
  from experiment_path
  qualify count(*) over (partition by workspace, canvas_id, step_id) >= 2
),
-- A step leads on to what follows, and to itself: so each walk below keeps where the one before it came to.
edge as (
  select s.workspace, s.canvas_id, s.step_id, next_step_id
  from {{ ref('stg_braze__canvas_step') }} as s
  cross join unnest(json_value_array(s.next_step_ids)) as next_step_id
  union distinct
  select s.workspace, s.canvas_id, next_step_id as step_id, next_step_id
  from {{ ref('stg_braze__canvas_step') }} as s
  cross join unnest(json_value_array(s.next_step_ids)) as next_step_id
),
-- Where each path begins, and, without an arm, where people begin who are not split here.
walk_0 as (
  select workspace, canvas_id, step_id, arm_id, next_step_id as reached_id
  from arm
  where next_step_id is not null
  union distinct
  select a.workspace, a.canvas_id, a.step_id, cast(null as string) as arm_id, first_step_id as reached_id
  from arm as a
  join {{ ref('stg_braze__canvas_variant') }} as v on v.workspace = a.workspace and v.canvas_id = a.canvas_id
  cross join unnest(json_value_array(v.first_step_ids)) as first_step_id
),
{% for step in steps -%}
-- Nobody walks on through the experiment step itself.
walk_{{ step }} as (
  select distinct w.workspace, w.canvas_id, w.step_id, w.arm_id, e.next_step_id as reached_id
  from walk_{{ step - 1 }} as w
  join edge as e on e.workspace = w.workspace and e.canvas_id = w.canvas_id and e.step_id = w.reached_id
  where w.reached_id != w.step_id
),
{% endfor -%}
own_step as (
  select w.workspace, w.canvas_id, w.step_id, w.reached_id, min(w.arm_id) as arm_id
  from walk_{{ steps | last }} as w
  group by w.workspace, w.canvas_id, w.step_id, w.reached_id
  having count(distinct w.arm_id) = 1 and countif(w.arm_id is null) = 0
),
total as (
  select
    o.workspace, o.canvas_id, o.step_id, o.arm_id,
    sum(d.conversions_by_entry_time) as conversions,
    sum(d.revenue) as revenue,
    sum(m.sent) as sent,
    sum(m.delivered) as delivered,
    sum(m.opens) as opens,
    sum(m.machine_opens) as machine_opens,
    sum(m.clicks) as clicks,
    count(distinct if(d.data_state != 'closed', d.activity_date, null)) as unclosed_days,
    min(if(m.sent > 0, d.activity_date, null)) as first_date,
    max(if(m.sent > 0, d.activity_date, null)) as last_date
  from own_step as o
  join {{ ref('stg_braze__canvas_step_daily') }} as d
    on d.workspace = o.workspace and d.canvas_id = o.canvas_id and d.step_id = o.reached_id
  left join {{ ref('int_canvas_step_message_daily') }} as m
    on m.workspace = d.workspace and m.canvas_id = d.canvas_id and m.step_id = d.step_id and m.activity_date = d.activity_date
  group by o.workspace, o.canvas_id, o.step_id, o.arm_id
)
select
  a.workspace, a.canvas_id, c.canvas_name, a.step_id, a.step_name, a.arm_id, a.path_name,
  t.conversions, t.revenue, t.sent, t.delivered, t.opens, t.machine_opens, t.clicks,
  coalesce(t.unclosed_days, 0) as unclosed_days, t.first_date, t.last_date, n.as_of_date
from arm as a
left join total as t
  on t.workspace = a.workspace and t.canvas_id = a.canvas_id and t.step_id = a.step_id and t.arm_id = a.arm_id
left join {{ ref('stg_braze__canvas') }} as c on c.workspace = a.workspace and c.canvas_id = a.canvas_id
left join newest as n on n.workspace = a.workspace
