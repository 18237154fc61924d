{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign × version of its details. A version begins with the extraction that first showed other content.
with observed as (
  select
    workspace, campaign_id, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type, channels,
    description, conversion_behaviors, payload, first_sent, last_sent, record_hash, pass, _run_id, _load_id,
    _extracted_at,
    {{ previous_hash(['workspace', 'campaign_id']) }}
  from {{ source('raw', 'raw_campaign') }}
  where payload is not null
),
numbered as (
  select
    workspace, campaign_id, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type, channels,
    description, conversion_behaviors, payload, first_sent, last_sent, record_hash, pass, _run_id, _load_id,
    _extracted_at, previous_hash,
    {{ version_number(['workspace', 'campaign_id']) }}
  from observed
)
select
  workspace, campaign_id, version, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type,
  channels, description, conversion_behaviors, payload, record_hash,
  max(first_sent) over (partition by workspace, campaign_id, version) as first_sent,
  max(last_sent) over (partition by workspace, campaign_id, version) as last_sent,
  pass, _run_id, _load_id, _extracted_at
from numbered
{{ first_of_version(['workspace', 'campaign_id']) }}
