{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign × message variation, from the newest details.
-- The newest extraction of a campaign's details wins whole, so a variant that the source no longer reports leaves with it.
select
  workspace, campaign_id, variation_id, name as variation_name, channel, is_control, payload,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_campaign_variant') }}
qualify row_number() over (
    partition by workspace, campaign_id, variation_id
    order by _extracted_at desc, pass desc, _load_id desc
  ) = 1
  and _load_id = first_value(_load_id) over (
    partition by workspace, campaign_id
    order by _extracted_at desc, pass desc, _load_id desc
  )
