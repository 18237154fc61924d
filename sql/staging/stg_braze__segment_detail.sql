{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × segment: its newest details.
select
  workspace, segment_id, name as segment_name, created_at, updated_at, filter_description, description, tags,
  payload,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_segment_detail') }}
{{ newest_row(['workspace', 'segment_id']) }}
