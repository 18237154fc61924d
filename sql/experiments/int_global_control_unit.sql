{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × person with an id of one's own (external_id, hashed by default), of the group that is there now: the side
-- on which the first export showed the person, and on how many. Counted from the day after that export (UTC): nobody knows who was in
-- the group before. `known_until` is the day of the newest export, the last one on which the sides are known.
select
  workspace, {{ global_control_experiment() }} as experiment_id, unit_id,
  substr(min(concat(format('%010d', export_number), {{ global_control_arm() }})), 11) as arm_id,
  count(distinct is_control) as arms_seen,
  min(export_number) as first_number,
  date_add(min(seen_on), interval 1 day) as assigned_date,
  max(max(seen_on)) over (partition by workspace) as known_until
from {{ ref('int_global_control_seen') }}
where unit_id is not null
group by workspace, unit_id
