{{ config(materialized='table', tags=['assignments']) }}
-- One row per workspace × experiment × unit × arm: when the unit was first given the arm.
select
  workspace, concat(workspace, '__', experiment) as experiment_id, unit_id, arm_id,
  min(assigned_at) as assigned_at
from {{ ref('stg_assignments__row') }}
where reject_column is null
group by workspace, experiment, unit_id, arm_id
