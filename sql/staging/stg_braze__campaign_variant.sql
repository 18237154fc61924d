{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign × message variation, from the newest details.
-- The newest extraction of a campaign's details wins whole, so a variant that the source no longer reports leaves with it.
select
  workspace, campaign_id, variation_id, name as variation_name, channel, is_control, payload,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_campaign_variant') }}
{{ newest_row_of(['workspace', 'campaign_id'], ['variation_id']) }}
