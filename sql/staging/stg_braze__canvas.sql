{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas. The list names it; only its details carry a payload, so each side keeps its own newest row
-- and a Canvas whose details failed is still known by name.
with listed as (
  select
    workspace, canvas_id, name, tags, last_edited,
    data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
  from {{ source('raw', 'raw_canvas') }}
  qualify row_number() over (
      partition by workspace, canvas_id
      order by _extracted_at desc, pass desc, _load_id desc
    ) = 1
),
detailed as (
  select
    workspace, canvas_id, tags, name, created_at, updated_at, archived, draft, enabled, schedule_type,
    channels, description, first_entry, last_entry, payload
  from {{ source('raw', 'raw_canvas') }}
  where payload is not null
  qualify row_number() over (
      partition by workspace, canvas_id
      order by _extracted_at desc, pass desc, _load_id desc
    ) = 1
)
select
  l.workspace, l.canvas_id, coalesce(l.name, d.name) as canvas_name, l.tags, l.last_edited, d.created_at,
  d.updated_at, d.archived, d.draft, d.enabled, d.schedule_type, d.channels, d.description, d.first_entry,
  d.last_entry, d.payload,
  d.canvas_id is not null as has_details,
  l.data_state, l.window_from, l.window_until, l.pass, l._run_id, l._load_id, l._extracted_at
from listed as l
left join detailed as d on d.workspace = l.workspace and d.canvas_id = l.canvas_id
