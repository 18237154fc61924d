{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × source × campaign or Canvas × variation × version, half-open [effective_from, effective_to): what a variant
-- was when its numbers came in. One that left the details of its object gets a last version, deleted.
with campaign_details as (
  select workspace, campaign_id, _extracted_at
  from {{ source('raw', 'raw_campaign') }}
  where payload is not null
),
campaign_gone as (
  {{ first_missing(
    ['workspace', 'campaign_id', 'variation_id'], seen=source('raw', 'raw_campaign_variant'), listing='campaign_details',
    object=['workspace', 'campaign_id']
  ) }}
),
canvas_details as (
  select workspace, canvas_id, _extracted_at
  from {{ source('raw', 'raw_canvas') }}
  where payload is not null
),
canvas_gone as (
  {{ first_missing(
    ['workspace', 'canvas_id', 'variation_id'], seen=source('raw', 'raw_canvas_variant'), listing='canvas_details',
    object=['workspace', 'canvas_id']
  ) }}
),
known as (
  select
    workspace, 'campaign' as source, campaign_id as object_id, variation_id, version, name as variation_name, channel,
    is_control, payload as content, record_hash, _run_id, _load_id, _extracted_at
  from {{ ref('int_campaign_variant_version') }}
  union all
  select
    workspace, 'canvas' as source, canvas_id as object_id, variation_id, version, name as variation_name,
    cast(null as string) as channel, array_length(json_value_array(first_step_ids)) = 0 as is_control,
    first_step_ids as content, record_hash, _run_id, _load_id, _extracted_at
  from {{ ref('int_canvas_variant_version') }}
),
gone as (
  select workspace, 'campaign' as source, campaign_id as object_id, variation_id, gone_at from campaign_gone
  union all
  select workspace, 'canvas' as source, canvas_id as object_id, variation_id, gone_at from canvas_gone
),
newest as (
  select
    workspace, source, object_id, variation_id, version, variation_name, channel, is_control, content, record_hash,
    _run_id, _load_id, _extracted_at
  from known
  qualify row_number() over (partition by workspace, source, object_id, variation_id order by version desc) = 1
),
dated as (
  select
    workspace, source, object_id, variation_id, version, variation_name, channel, is_control, content, record_hash,
    'active' as state,
    if(version = 1, timestamp '1970-01-01 00:00:00+00', _extracted_at) as effective_from,
    _run_id, _load_id, _extracted_at
  from known
  union all
  select
    n.workspace, n.source, n.object_id, n.variation_id, n.version + 1 as version, n.variation_name, n.channel,
    n.is_control, n.content, n.record_hash, 'deleted' as state, gone.gone_at as effective_from,
    n._run_id, n._load_id, n._extracted_at
  from newest as n
  join gone on gone.workspace = n.workspace and gone.source = n.source and gone.object_id = n.object_id
    and gone.variation_id = n.variation_id
)
select
  workspace, source, object_id, variation_id, version, variation_name, channel, is_control, content, record_hash,
  state, effective_from,
  {{ version_end(['workspace', 'source', 'object_id', 'variation_id']) }},
  _run_id, _load_id, _extracted_at
from dated
