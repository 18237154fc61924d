{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas. Two resources tell of it: the list (no payload) and the details. Each keeps its own newest row, so a
-- Canvas whose details failed is still known by name, and what only the list says is not lost under a later details row.
with listed as (
  select
    workspace, canvas_id, name, tags, last_edited,
    data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
  from {{ source('raw', 'raw_canvas') }}
  where payload is null
  qualify row_number() over (
      partition by workspace, canvas_id
      order by _extracted_at desc, pass desc, _load_id desc
    ) = 1
),
detailed as (
  select
    workspace, canvas_id, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type,
    channels, description, first_entry, last_entry, payload,
    data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
  from {{ source('raw', 'raw_canvas') }}
  where payload is not null
  qualify row_number() over (
      partition by workspace, canvas_id
      order by _extracted_at desc, pass desc, _load_id desc
    ) = 1
)
select
  coalesce(l.workspace, d.workspace) as workspace,
  coalesce(l.canvas_id, d.canvas_id) as canvas_id,
  if(d._extracted_at > l._extracted_at, coalesce(d.name, l.name), coalesce(l.name, d.name)) as canvas_name,
  coalesce(l.tags, d.tags) as tags,
  l.last_edited, d.created_at, d.updated_at, d.archived, d.draft, d.enabled, d.schedule_type, d.channels,
  d.description, d.first_entry, d.last_entry, d.payload,
  l.canvas_id is not null as is_listed,
  d.canvas_id is not null as has_details,
  coalesce(l.data_state, d.data_state) as data_state, coalesce(l.window_from, d.window_from) as window_from,
  coalesce(l.window_until, d.window_until) as window_until, coalesce(l.pass, d.pass) as pass,
  coalesce(l._run_id, d._run_id) as _run_id, coalesce(l._load_id, d._load_id) as _load_id,
  coalesce(l._extracted_at, d._extracted_at) as _extracted_at
from listed as l
full outer join detailed as d on d.workspace = l.workspace and d.canvas_id = l.canvas_id
