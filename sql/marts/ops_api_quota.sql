{{ config(materialized='table', tags=['publish']) }}
-- One row per workspace × bucket × UTC hour: the calls whose answers landed and those that a limit refused, against what the bucket
-- allows in an hour. The limit is the highest that a run of the hour was told. A call that failed otherwise is in neither.
with counted as (
  select
    workspace, bucket, hour, calls, 0 as refused_calls, run_id,
    bucket_limit, window_seconds, our_share, _extracted_at
  from {{ ref('stg_ledger__api_call') }}
  union all
  select
    workspace, bucket, hour, 0 as calls, calls as refused_calls, cast(null as string) as run_id,
    bucket_limit, window_seconds, our_share, _extracted_at
  from {{ ref('stg_ledger__api_refusal') }}
),
hourly as (
  select
    workspace, bucket, hour,
    sum(calls) as calls,
    sum(refused_calls) as refused_calls,
    count(distinct run_id) as runs,
    max(bucket_limit) as bucket_limit,
    min(window_seconds) as window_seconds,
    max(our_share) as our_share,
    max(_extracted_at) as _extracted_at
  from counted
  group by workspace, bucket, hour
),
allowed as (
  select *, safe_divide(bucket_limit * 3600.0, window_seconds) as hourly_limit
  from hourly
)
select
  workspace, bucket, hour, calls, refused_calls, runs, bucket_limit, window_seconds, our_share, hourly_limit,
  safe_divide(calls, hourly_limit) as used_of_bucket,
  safe_divide(calls, hourly_limit * our_share) as used_of_share,
  safe_divide(refused_calls, calls + refused_calls) as refused_share,
  _extracted_at
from allowed
