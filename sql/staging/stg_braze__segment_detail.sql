{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × segment: its newest details.
select
  workspace, segment_id, name as segment_name, created_at, updated_at, filter_description, description, tags,
  payload,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_segment_detail') }}
qualify row_number() over (
    partition by workspace, segment_id
    order by _extracted_at desc, pass desc, _load_id desc
  ) = 1
