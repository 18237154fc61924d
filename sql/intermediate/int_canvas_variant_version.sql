{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × variant × version of what details say of it.
with observed as (
  select
    workspace, canvas_id, variation_id, name, first_step_ids, record_hash, pass, _run_id, _load_id, _extracted_at,
    {{ previous_hash(['workspace', 'canvas_id', 'variation_id']) }}
  from {{ source('raw', 'raw_canvas_variant') }}
),
numbered as (
  select
    workspace, canvas_id, variation_id, name, first_step_ids, record_hash, pass, _run_id, _load_id, _extracted_at, previous_hash,
    {{ version_number(['workspace', 'canvas_id', 'variation_id']) }}
  from observed
)
select
  workspace, canvas_id, variation_id, version, name, first_step_ids, record_hash,
  pass, _run_id, _load_id, _extracted_at
from numbered
{{ first_of_version(['workspace', 'canvas_id', 'variation_id']) }}
