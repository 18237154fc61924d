{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × unit: the arm it was given first, and in how many arms it was seen. Assignments come with the
-- files of an experiment, or from a file of assignments that names any experiment (pipeline `assignments`). Instants are UTC.
with seen as (
  select workspace, experiment_id, unit_id, arm_id, cast(exposed_date as timestamp) as assigned_at
  from {{ ref('exp_unit_metric') }}
  where role = 'primary'
  union all
  select workspace, experiment_id, unit_id, arm_id, assigned_at
  from {{ ref('stg_assignments__assignment') }}
)
select
  workspace, experiment_id, unit_id,
  min_by(arm_id, concat(coalesce(cast(unix_micros(assigned_at) as string), '~'), ' ', arm_id)) as arm_id,
  min(assigned_at) as assigned_at,
  count(distinct arm_id) as arms_seen
from seen
group by workspace, experiment_id, unit_id
