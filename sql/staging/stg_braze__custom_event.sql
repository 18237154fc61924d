{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × custom event: its newest description.
select
  workspace, event_name, description, included_in_analytics_report, status, tags, extra,
  _load_id = first_value(_load_id) over (partition by workspace order by _extracted_at desc, pass desc, _load_id desc) as is_listed,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_custom_event') }}
{{ newest_row(['workspace', 'event_name']) }}
