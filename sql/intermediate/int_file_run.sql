{{ config(materialized='table', tags=['hillstrom', 'event-stream', 'ad-clicks', 'assignments']) }}
-- One row per workspace × pipeline × run of a file that still counts: how many of its rows did not cast, and why. Above the
-- pipeline's `reject_ratio` whoever runs it refuses the file.
with file_row as (
  select workspace, 'hillstrom' as pipeline, _run_id, reject_column, reject_reason
  from {{ ref('stg_hillstrom__row') }}
  union all
  select workspace, 'ad-clicks' as pipeline, _run_id, reject_column, reject_reason
  from {{ ref('stg_ad_clicks__row') }}
  union all
  select workspace, 'assignments' as pipeline, _run_id, reject_column, reject_reason
  from {{ ref('stg_assignments__row') }}
),
outcome as (
  select workspace, pipeline, _run_id, reject_column, reject_reason, count(*) as row_count
  from file_row
  group by workspace, pipeline, _run_id, reject_column, reject_reason
  union all
  select
    workspace, 'event-stream' as pipeline, _run_id, cast(null as string) as reject_column,
    cast(null as string) as reject_reason, row_count - rejected_rows as row_count
  from {{ ref('stg_event_stream__run') }}
  union all
  select e.workspace, 'event-stream' as pipeline, e._run_id, e.reject_column, e.reject_reason, count(*) as row_count
  from {{ ref('stg_event_stream__rejected_row') }} as e
  join {{ ref('stg_event_stream__run') }} as r on r.workspace = e.workspace and r._run_id = e._run_id
  group by e.workspace, e._run_id, e.reject_column, e.reject_reason
)
select
  workspace, pipeline, _run_id as run_id,
  sum(row_count) as row_count,
  sum(if(reject_column is not null, row_count, 0)) as rejected_rows,
  safe_divide(sum(if(reject_column is not null, row_count, 0)), sum(row_count)) as rejected_share,
  string_agg(
    distinct concat(reject_column, ' ', reject_reason), ', ' order by concat(reject_column, ' ', reject_reason)
  ) as reasons
from outcome
group by workspace, pipeline, _run_id
