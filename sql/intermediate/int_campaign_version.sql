{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign × version of its details. A version begins with the extraction that first showed other content.
with observed as (
  select
    workspace, campaign_id, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type, channels,
    description, conversion_behaviors, payload, first_sent, last_sent, record_hash, pass, _run_id, _load_id,
    _extracted_at,
    lag(record_hash) over (partition by workspace, campaign_id order by _extracted_at, pass, _load_id) as previous_hash
  from {{ source('raw', 'raw_campaign') }}
  where payload is not null
),
numbered as (
  select
    workspace, campaign_id, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type, channels,
    description, conversion_behaviors, payload, first_sent, last_sent, record_hash, pass, _run_id, _load_id,
    _extracted_at, previous_hash,
    sum(if(coalesce(record_hash, '') = coalesce(previous_hash, '-'), 0, 1))
      over (partition by workspace, campaign_id order by _extracted_at, pass, _load_id rows between unbounded preceding and current row) as version
  from observed
)
select
  workspace, campaign_id, version, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type,
  channels, description, conversion_behaviors, payload, record_hash,
  max(first_sent) over (partition by workspace, campaign_id, version) as first_sent,
  max(last_sent) over (partition by workspace, campaign_id, version) as last_sent,
  pass, _run_id, _load_id, _extracted_at
from numbered
qualify row_number() over (partition by workspace, campaign_id, version order by _extracted_at, pass, _load_id) = 1
