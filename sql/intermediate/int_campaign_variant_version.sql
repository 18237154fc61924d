{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign × message variation × version of what details say of it.
with observed as (
  select
    workspace, campaign_id, variation_id, name, channel, is_control, payload, record_hash, pass, _run_id,
    _load_id, _extracted_at,
    lag(record_hash) over (partition by workspace, campaign_id, variation_id order by _extracted_at, pass, _load_id) as previous_hash
  from {{ source('raw', 'raw_campaign_variant') }}
),
numbered as (
  select
    workspace, campaign_id, variation_id, name, channel, is_control, payload, record_hash, pass, _run_id,
    _load_id, _extracted_at, previous_hash,
    sum(if(coalesce(record_hash, '') = coalesce(previous_hash, '-'), 0, 1))
      over (partition by workspace, campaign_id, variation_id order by _extracted_at, pass, _load_id rows between unbounded preceding and current row) as version
  from observed
)
select
  workspace, campaign_id, variation_id, version, name, channel, is_control, payload, record_hash,
  pass, _run_id, _load_id, _extracted_at
from numbered
qualify row_number() over (partition by workspace, campaign_id, variation_id, version order by _extracted_at, pass, _load_id) = 1
