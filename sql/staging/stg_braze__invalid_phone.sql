{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × number × instant. Personal columns stand here as they landed: hashed by default.
select
  workspace, phone, invalid_detected_at, reason, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_sms_invalid_phone') }}
qualify row_number() over (
    partition by workspace, phone, invalid_detected_at
    order by _extracted_at desc, pass desc, _load_id desc
  ) = 1
