{{ config(materialized='table', tags=['publish']) }}
-- One row per workspace × bucket × UTC hour × process: the last that the process said of it.
select
  workspace, bucket, hour, process, calls, bucket_limit, window_seconds, our_share,
  _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_api_refusal') }}
qualify row_number() over (
  partition by workspace, bucket, hour, process
  order by calls desc, _extracted_at desc, _load_id desc
) = 1
