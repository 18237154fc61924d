{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × step × version, half-open [effective_from, effective_to). A step that left the details of its
-- Canvas gets a last version, deleted: it still has numbers.
with details as (
  select workspace, canvas_id, _extracted_at
  from {{ source('raw', 'raw_canvas') }}
  where payload is not null
),
gone as (
  {{ first_missing(
    ['workspace', 'canvas_id', 'step_id'], seen=source('raw', 'raw_canvas_step'), listing='details', object=['workspace', 'canvas_id']
  ) }}
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
  {{ version_end(['workspace', 'canvas_id', 'step_id']) }},
  _run_id, _load_id, _extracted_at
from dated
