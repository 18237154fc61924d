{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × export × user of the newest export: files repeat a user now and then, and who left is gone.
-- Personal columns stand here as they landed: hashed by default.
select
  workspace, exported_from, segment_id, braze_id, external_id, user_aliases, created_at, random_bucket, country,
  language, time_zone, gender, total_revenue, push_subscribe, push_opted_in_at, email_subscribe, is_uninstalled,
  uninstalled_at, custom_attributes, custom_events, purchases, apps, campaigns_received, canvases_received,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_user_export') }}
{{ newest_row_of(['workspace', 'exported_from', 'segment_id'], ['braze_id']) }}
