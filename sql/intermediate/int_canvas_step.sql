{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × step with numbers: what it is called and whether its Canvas still has it. A step that left keeps the
-- name of its newest day.
with seen as (
  select workspace, canvas_id, step_id, any_value(step_name having max activity_date) as step_name
  from {{ ref('stg_braze__canvas_step_daily') }}
  group by workspace, canvas_id, step_id
)
select
  seen.workspace, seen.canvas_id, seen.step_id, c.canvas_name,
  coalesce(s.step_name, seen.step_name) as step_name, s.step_type,
  c.has_details and s.step_id is null as is_deleted
from seen
left join {{ ref('stg_braze__canvas_step') }} as s
  on s.workspace = seen.workspace and s.canvas_id = seen.canvas_id and s.step_id = seen.step_id
left join {{ ref('stg_braze__canvas') }} as c on c.workspace = seen.workspace and c.canvas_id = seen.canvas_id
