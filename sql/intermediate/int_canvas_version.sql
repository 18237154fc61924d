{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × version of its details. A version begins with the extraction that first showed other content.
with observed as (
  select
    workspace, canvas_id, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type, channels,
    description, payload, first_entry, last_entry, record_hash, pass, _run_id, _load_id, _extracted_at,
    lag(record_hash) over (partition by workspace, canvas_id order by _extracted_at, pass, _load_id) as previous_hash
  from {{ source('raw', 'raw_canvas') }}
  where payload is not null
),
numbered as (
  select
    workspace, canvas_id, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type, channels,
    description, payload, first_entry, last_entry, record_hash, pass, _run_id, _load_id, _extracted_at, previous_hash,
    sum(if(coalesce(record_hash, '') = coalesce(previous_hash, '-'), 0, 1))
      over (partition by workspace, canvas_id order by _extracted_at, pass, _load_id rows between unbounded preceding and current row) as version
  from observed
)
select
  workspace, canvas_id, version, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type,
  channels, description, payload, record_hash,
  max(first_entry) over (partition by workspace, canvas_id, version) as first_entry,
  max(last_entry) over (partition by workspace, canvas_id, version) as last_entry,
  pass, _run_id, _load_id, _extracted_at
from numbered
qualify row_number() over (partition by workspace, canvas_id, version order by _extracted_at, pass, _load_id) = 1
