{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign or Canvas that is due within 30 days of when it was last read.
select
  workspace, object_id, object_type, name as object_name, tags, next_send_time, next_send_at, schedule_type,
  extra,
  _load_id = first_value(_load_id) over (partition by workspace order by _extracted_at desc, pass desc, _load_id desc) as is_listed,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_scheduled_broadcast') }}
{{ newest_row(['workspace', 'object_type', 'object_id']) }}
