{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × address × instant. Personal columns stand here as they landed: hashed by default.
select
  workspace, email, hard_bounced_at, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_email_hard_bounce') }}
{{ newest_row(['workspace', 'email', 'hard_bounced_at']) }}
