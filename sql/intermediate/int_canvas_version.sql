{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × version of its details. A version begins with the extraction that first showed other content.
with observed as (
  select
    workspace, canvas_id, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type, channels,
    description, payload, first_entry, last_entry, record_hash, pass, _run_id, _load_id, _extracted_at,
    {{ previous_hash(['workspace', 'canvas_id']) }}
  from {{ source('raw', 'raw_canvas') }}
  where payload is not null
),
numbered as (
  select
    workspace, canvas_id, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type, channels,
    description, payload, first_entry, last_entry, record_hash, pass, _run_id, _load_id, _extracted_at, previous_hash,
    {{ version_number(['workspace', 'canvas_id']) }}
  from observed
)
select
  workspace, canvas_id, version, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type,
  channels, description, payload, record_hash,
  max(first_entry) over (partition by workspace, canvas_id, version) as first_entry,
  max(last_entry) over (partition by workspace, canvas_id, version) as last_entry,
  pass, _run_id, _load_id, _extracted_at
from numbered
{{ first_of_version(['workspace', 'canvas_id']) }}
