{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × segment, from the newest list that had it. Archived segments are never listed.
select
  workspace, segment_id, name as segment_name, analytics_tracking_enabled, is_exported, tags, extra,
  _load_id = first_value(_load_id) over (partition by workspace order by _extracted_at desc, pass desc, _load_id desc) as is_listed,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_segment') }}
{{ newest_row(['workspace', 'segment_id']) }}
