{{ config(materialized='table', tags=['assignments']) }}
-- One row per workspace × row of the newest file of assignments, its text cast to types. A file replaces the one before it whole. A
-- row that does not cast keeps its reason: stg_assignments__assignment leaves it out, int_rejected_row lists it.
with newest_run as (
  {{ newest_run(source('raw', 'raw_assignments')) }}
),
newest as (
  select
    r.workspace, _source_sha256 as file_sha256, _row_number as row_number,
    nullif(trim(experiment), '') as experiment,
    nullif(trim(unit_id), '') as unit_id,
    nullif(trim(arm_id), '') as arm_id,
    nullif(trim(assigned_at), '') as assigned_at,
    data_state, window_from, window_until, pass, r._run_id, _load_id, _extracted_at
  from {{ source('raw', 'raw_assignments') }} as r
  join newest_run as n on n.workspace = r.workspace and n._run_id = r._run_id
)
select
  workspace, file_sha256, row_number, experiment, unit_id, arm_id,
  safe_cast(assigned_at as timestamp) as assigned_at,
  case
    when experiment is null then 'experiment'
    when unit_id is null then 'unit_id'
    when arm_id is null then 'arm_id'
    -- Events are counted from the day of the assignment.
    when assigned_at is null and starts_with(experiment, 'event__') then 'assigned_at'
    when assigned_at is not null and safe_cast(assigned_at as timestamp) is null then 'assigned_at'
  end as reject_column,
  case
    when experiment is null or unit_id is null or arm_id is null then 'missing'
    when assigned_at is null and starts_with(experiment, 'event__') then 'missing'
    when assigned_at is not null and safe_cast(assigned_at as timestamp) is null then 'not_a_timestamp'
  end as reject_reason,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from newest
