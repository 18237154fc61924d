{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace: the global control group that is there now, and what of it and of those compared with it is known. Days are UTC.
with person as (
  select workspace, braze_id, max(unit_id) as unit_id
  from {{ ref('int_global_control_seen') }}
  group by workspace, braze_id
),
left_out as (
  select workspace, count(*) as people, countif(unit_id is null) as without_id
  from person
  group by workspace
)
select
  s.workspace, concat(s.workspace, '__global_control_group') as experiment_id,
  count(distinct s.export_number) as exports,
  min(s.seen_on) as first_seen_on,
  max(s.seen_on) as newest_seen_on,
  logical_or(s.is_another_group) as is_another_group,
  max(l.people) as people,
  max(l.without_id) as without_id
from {{ ref('int_global_control_seen') }} as s
join left_out as l on l.workspace = s.workspace
group by s.workspace
