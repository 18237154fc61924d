{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign × version, half-open [effective_from, effective_to): a number joins what the campaign was. The first
-- version holds from when the campaign was made. Archived ones stay listed; one that left the list gets a last version, deleted.
with listing as (
  select workspace, campaign_id, _extracted_at
  from {{ source('raw', 'raw_campaign') }}
  where payload is null
),
gone as (
  {{ first_missing(['workspace', 'campaign_id'], seen='listing', listing='listing', object=['workspace']) }}
),
newest as (
  select
    workspace, campaign_id, version, channels, conversion_behaviors, created_at, description, first_sent,
    last_sent, name, record_hash, schedule_type, tags, updated_at, payload, _run_id, _load_id, _extracted_at
  from {{ ref('int_campaign_version') }}
  qualify row_number() over (partition by workspace, campaign_id order by version desc) = 1
),
dated as (
  select
    v.workspace, v.campaign_id, v.version, v.name as campaign_name, v.tags, v.channels, v.schedule_type,
    v.description, v.conversion_behaviors, json_query(v.payload, '$.messages') as messages, v.created_at,
    v.updated_at, v.first_sent, v.last_sent, v.record_hash,
    case when v.archived then 'archived' when v.draft then 'draft' when v.enabled then 'active' else 'stopped' end as state,
    if(v.version = 1, least(coalesce(v.created_at, timestamp '1970-01-01 00:00:00+00'), v._extracted_at), v._extracted_at) as effective_from,
    v._run_id, v._load_id, v._extracted_at
  from {{ ref('int_campaign_version') }} as v
  union all
  select
    v.workspace, v.campaign_id, v.version + 1 as version, v.name as campaign_name, v.tags, v.channels,
    v.schedule_type, v.description, v.conversion_behaviors, json_query(v.payload, '$.messages') as messages,
    v.created_at, v.updated_at, v.first_sent, v.last_sent, v.record_hash, 'deleted' as state,
    g.gone_at as effective_from, v._run_id, v._load_id, v._extracted_at
  from newest as v
  join gone as g on g.workspace = v.workspace and g.campaign_id = v.campaign_id
  union all
  select
    s.workspace, s.campaign_id, 0 as version, s.campaign_name, s.tags, s.channels, s.schedule_type, s.description,
    s.conversion_behaviors, json_query(s.payload, '$.messages') as messages, s.created_at, s.updated_at,
    s.first_sent, s.last_sent, cast(null as string) as record_hash, 'unknown' as state,
    timestamp '1970-01-01 00:00:00+00' as effective_from, s._run_id, s._load_id, s._extracted_at
  from {{ ref('stg_braze__campaign') }} as s
  where not s.has_details
)
select
  workspace, campaign_id, version, campaign_name, tags, channels, schedule_type, description,
  conversion_behaviors, messages, created_at, updated_at, first_sent, last_sent, record_hash, state,
  effective_from,
  {{ version_end(['workspace', 'campaign_id']) }},
  _run_id, _load_id, _extracted_at
from dated
