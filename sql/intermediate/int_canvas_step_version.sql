{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × step × version of what details say of it.
with observed as (
  select
    workspace, canvas_id, step_id, name, step_type, next_step_ids, payload, record_hash, pass, _run_id, _load_id,
    _extracted_at,
    {{ previous_hash(['workspace', 'canvas_id', 'step_id']) }}
  from {{ source('raw', 'raw_canvas_step') }}
),
numbered as (
  select
    workspace, canvas_id, step_id, name, step_type, next_step_ids, payload, record_hash, pass, _run_id, _load_id,
    _extracted_at, previous_hash,
    {{ version_number(['workspace', 'canvas_id', 'step_id']) }}
  from observed
)
select
  workspace, canvas_id, step_id, version, name, step_type, next_step_ids, payload, record_hash,
  pass, _run_id, _load_id, _extracted_at
from numbered
{{ first_of_version(['workspace', 'canvas_id', 'step_id']) }}
