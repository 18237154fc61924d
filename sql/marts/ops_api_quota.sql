{{ config(materialized='table', tags=['publish']) }}
-- One row per workspace × bucket × UTC hour: the calls whose answers landed, against what the bucket allows in an hour. The limit is the
-- highest that a run of the hour was told. A refused or failed call lands nothing, so it is not counted.
with hourly as (
  select
    workspace, bucket, hour,
    sum(calls) as calls,
    count(distinct run_id) as runs,
    max(bucket_limit) as bucket_limit,
    min(window_seconds) as window_seconds,
    max(our_share) as our_share,
    max(_extracted_at) as _extracted_at
  from {{ ref('stg_ledger__api_call') }}
  group by workspace, bucket, hour
),
allowed as (
  select *, safe_divide(bucket_limit * 3600.0, window_seconds) as hourly_limit
  from hourly
)
select
  workspace, bucket, hour, calls, runs, bucket_limit, window_seconds, our_share, hourly_limit,
  safe_divide(calls, hourly_limit) as used_of_bucket,
  safe_divide(calls, hourly_limit * our_share) as used_of_share,
  _extracted_at
from allowed
