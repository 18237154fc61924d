{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × version, half-open [effective_from, effective_to): a number joins what the Canvas was. The first
-- version holds from when the Canvas was made. Archived ones stay listed; one that left the list gets a last version, deleted.
with listing as (
  select workspace, canvas_id, _extracted_at
  from {{ source('raw', 'raw_canvas') }}
  where payload is null
),
gone as (
  {{ first_missing(['workspace', 'canvas_id'], seen='listing', listing='listing', object=['workspace']) }}
),
newest as (
  select
    workspace, canvas_id, version, channels, created_at, description, first_entry, last_entry, name, record_hash,
    schedule_type, tags, updated_at, payload, _run_id, _load_id, _extracted_at
  from {{ ref('int_canvas_version') }}
  qualify row_number() over (partition by workspace, canvas_id order by version desc) = 1
),
dated as (
  select
    v.workspace, v.canvas_id, v.version, v.name as canvas_name, v.tags, v.channels, v.schedule_type,
    v.description, json_query(v.payload, '$.steps') as steps, v.created_at, v.updated_at, v.first_entry,
    v.last_entry, v.record_hash,
    case when v.archived then 'archived' when v.draft then 'draft' when v.enabled then 'active' else 'stopped' end as state,
    if(v.version = 1, least(coalesce(v.created_at, timestamp '1970-01-01 00:00:00+00'), v._extracted_at), v._extracted_at) as effective_from,
    v._run_id, v._load_id, v._extracted_at
  from {{ ref('int_canvas_version') }} as v
  union all
  select
    v.workspace, v.canvas_id, v.version + 1 as version, v.name as canvas_name, v.tags, v.channels,
    v.schedule_type, v.description, json_query(v.payload, '$.steps') as steps, v.created_at, v.updated_at,
    v.first_entry, v.last_entry, v.record_hash, 'deleted' as state, g.gone_at as effective_from, v._run_id,
    v._load_id, v._extracted_at
  from newest as v
  join gone as g on g.workspace = v.workspace and g.canvas_id = v.canvas_id
  union all
  select
    s.workspace, s.canvas_id, 0 as version, s.canvas_name, s.tags, s.channels, s.schedule_type, s.description,
    json_query(s.payload, '$.steps') as steps, s.created_at, s.updated_at, s.first_entry, s.last_entry,
    cast(null as string) as record_hash, 'unknown' as state, timestamp '1970-01-01 00:00:00+00' as effective_from,
    s._run_id, s._load_id, s._extracted_at
  from {{ ref('stg_braze__canvas') }} as s
  where not s.has_details
)
select
  workspace, canvas_id, version, canvas_name, tags, channels, schedule_type, description, steps, created_at,
  updated_at, first_entry, last_entry, record_hash, state, effective_from,
  {{ version_end(['workspace', 'canvas_id']) }},
  _run_id, _load_id, _extracted_at
from dated
