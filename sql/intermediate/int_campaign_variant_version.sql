{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign × message variation × version of what details say of it.
with observed as (
  select
    workspace, campaign_id, variation_id, name, channel, is_control, payload, record_hash, pass, _run_id,
    _load_id, _extracted_at,
    {{ previous_hash(['workspace', 'campaign_id', 'variation_id']) }}
  from {{ source('raw', 'raw_campaign_variant') }}
),
numbered as (
  select
    workspace, campaign_id, variation_id, name, channel, is_control, payload, record_hash, pass, _run_id,
    _load_id, _extracted_at, previous_hash,
    {{ version_number(['workspace', 'campaign_id', 'variation_id']) }}
  from observed
)
select
  workspace, campaign_id, variation_id, version, name, channel, is_control, payload, record_hash,
  pass, _run_id, _load_id, _extracted_at
from numbered
{{ first_of_version(['workspace', 'campaign_id', 'variation_id']) }}
