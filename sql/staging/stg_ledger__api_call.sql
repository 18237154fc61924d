{{ config(materialized='table', tags=['publish']) }}
-- One row per run × bucket × UTC hour, as the newest publish found it in the ledger.
select
  run_id, workspace, bucket, hour, calls, bucket_limit, window_seconds, our_share,
  _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_api_call') }}
qualify row_number() over (
  partition by run_id, bucket, hour
  order by _extracted_at desc, _load_id desc
) = 1
