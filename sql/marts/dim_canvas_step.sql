{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × step × version, half-open [effective_from, effective_to). A step that left the details of its
-- Canvas gets a last version, deleted: it still has numbers.
with listing as (
  select distinct workspace, canvas_id, _extracted_at as listed_at
  from {{ source('raw', 'raw_canvas') }}
  where payload is not null
),
seen as (
  select workspace, canvas_id, step_id, max(_extracted_at) as last_seen_at
  from {{ source('raw', 'raw_canvas_step') }}
  group by workspace, canvas_id, step_id
),
gone as (
  select seen.workspace, seen.canvas_id, seen.step_id, min(listing.listed_at) as gone_at
  from seen
  join listing on listing.workspace = seen.workspace and listing.canvas_id = seen.canvas_id and listing.listed_at > seen.last_seen_at
  group by seen.workspace, seen.canvas_id, seen.step_id
),
newest as (
  select
    workspace, canvas_id, step_id, version, name, next_step_ids, record_hash, step_type, payload, _run_id,
    _load_id, _extracted_at
  from {{ ref('int_canvas_step_version') }}
  qualify row_number() over (partition by workspace, canvas_id, step_id order by version desc) = 1
),
dated as (
  select
    v.workspace, v.canvas_id, v.step_id, v.version, v.name as step_name, v.step_type, v.next_step_ids,
    json_query(v.payload, '$.channels') as channels, json_query(v.payload, '$.messages') as messages,
    v.record_hash, 'active' as state,
    if(v.version = 1, timestamp '1970-01-01 00:00:00+00', v._extracted_at) as effective_from, v._run_id,
    v._load_id, v._extracted_at
  from {{ ref('int_canvas_step_version') }} as v
  union all
  select
    v.workspace, v.canvas_id, v.step_id, v.version + 1 as version, v.name as step_name, v.step_type,
    v.next_step_ids, json_query(v.payload, '$.channels') as channels,
    json_query(v.payload, '$.messages') as messages, v.record_hash, 'deleted' as state,
    g.gone_at as effective_from, v._run_id, v._load_id, v._extracted_at
  from newest as v
  join gone as g on g.workspace = v.workspace and g.canvas_id = v.canvas_id and g.step_id = v.step_id
)
select
  workspace, canvas_id, step_id, version, step_name, step_type, next_step_ids, channels, messages, record_hash,
  state, effective_from,
  coalesce(
    lead(effective_from) over (partition by workspace, canvas_id, step_id order by version),
    timestamp '9999-12-31 00:00:00+00'
  ) as effective_to,
  lead(effective_from) over (partition by workspace, canvas_id, step_id order by version) is null as is_current,
  _run_id, _load_id, _extracted_at
from dated
