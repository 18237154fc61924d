{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign or Canvas that the newest look found due within 30 days, with its next occurrence.
select
  workspace, object_type, object_id, object_name, tags, next_send_at, next_send_time, schedule_type,
  _run_id, _load_id, _extracted_at
from {{ ref('stg_braze__scheduled_broadcast') }}
where is_listed
