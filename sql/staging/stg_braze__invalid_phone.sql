{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × number × instant. Personal columns stand here as they landed: hashed by default.
select
  workspace, phone, invalid_detected_at, reason, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_sms_invalid_phone') }}
{{ newest_row(['workspace', 'phone', 'invalid_detected_at']) }}
