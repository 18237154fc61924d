{{ config(materialized='table', tags=['hillstrom', 'event-stream', 'ad-clicks', 'assignments']) }}
-- One row per workspace × pipeline × run of a file that still counts: how many of its rows did not cast, and why. Above the
-- pipeline's `reject_ratio` whoever runs it refuses the file.
with file_row as (
  select workspace, 'hillstrom' as pipeline, _run_id, reject_column, reject_reason
  from {{ ref('stg_hillstrom__row') }}
  union all
  select workspace, 'event-stream' as pipeline, _run_id, reject_column, reject_reason
  from {{ ref('stg_event_stream__row') }}
  union all
  select workspace, 'ad-clicks' as pipeline, _run_id, reject_column, reject_reason
  from {{ ref('stg_ad_clicks__row') }}
  union all
  select workspace, 'assignments' as pipeline, _run_id, reject_column, reject_reason
  from {{ ref('stg_assignments__row') }}
)
select
  workspace, pipeline, _run_id as run_id,
  count(*) as row_count,
  countif(reject_column is not null) as rejected_rows,
  safe_divide(countif(reject_column is not null), count(*)) as rejected_share,
  string_agg(
    distinct concat(reject_column, ' ', reject_reason), ', ' order by concat(reject_column, ' ', reject_reason)
  ) as reasons
from file_row
group by workspace, pipeline, _run_id
