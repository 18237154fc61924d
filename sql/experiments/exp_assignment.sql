{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × unit: the arm it was given first, and in how many arms it was seen. Assignments come with the
-- files of an experiment, from a file of assignments that names any experiment (pipeline `assignments`), or from the exports of the
-- global control group. Instants are UTC.
with seen as (
  select workspace, experiment_id, unit_id, arm_id, cast(exposed_date as timestamp) as assigned_at
  from {{ ref('exp_unit_metric') }}
  -- Whose events are judged is in the file of assignments, with the instant, or in the exports.
  where role = 'primary'
    and not starts_with(experiment_id, concat(workspace, '__event__'))
    and experiment_id <> {{ global_control_experiment() }}
  union all
  select workspace, experiment_id, unit_id, arm_id, assigned_at
  from {{ ref('stg_assignments__assignment') }}
  union all
  select
    workspace, {{ global_control_experiment() }} as experiment_id, unit_id, {{ global_control_arm() }} as arm_id,
    cast(date_add(min(seen_on), interval 1 day) as timestamp) as assigned_at
  from {{ ref('int_global_control_seen') }}
  where unit_id is not null
  group by workspace, unit_id, is_control
)
select
  workspace, experiment_id, unit_id,
  -- The arm of the earliest assignment, ties by name: the smallest of instant and arm, without the twenty digits of the instant.
  substr(
    min(concat(coalesce(format('%020d', unix_micros(assigned_at)), repeat('9', 20)), arm_id)), 21
  ) as arm_id,
  min(assigned_at) as assigned_at,
  count(distinct arm_id) as arms_seen
from seen
group by workspace, experiment_id, unit_id
