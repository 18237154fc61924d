{{ config(materialized='table', tags=['hillstrom', 'event-stream', 'ad-clicks', 'assignments']) }}
-- One row per workspace × pipeline × run × file × line or row that was set aside: a row that did not cast with the first column that
-- failed, or a line that was no row at all (`line_number`, counted from 1 with the header). Only the newest run of each window is
-- listed, so what a corrected file repaired leaves the list. Values of personal columns are not repeated here.
with newest_run as (
  select distinct workspace, 'hillstrom' as pipeline, 'raw_hillstrom' as raw_table, _run_id
  from {{ ref('stg_hillstrom__row') }}
  union all
  select distinct workspace, 'ad-clicks' as pipeline, 'raw_ad_clicks' as raw_table, _run_id
  from {{ ref('stg_ad_clicks__row') }}
  union all
  select distinct workspace, 'assignments' as pipeline, 'raw_assignments' as raw_table, _run_id
  from {{ ref('stg_assignments__row') }}
  union all
  select workspace, 'event-stream' as pipeline, 'raw_event_stream' as raw_table, _run_id
  from {{ ref('stg_event_stream__run') }}
)
select
  workspace, 'hillstrom' as pipeline, file_sha256, row_number, cast(null as int64) as line_number,
  reject_column as column_name, reject_value as value, reject_reason as reason,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_hillstrom__row') }}
where reject_column is not null
union all
select
  e.workspace, 'event-stream' as pipeline, e.file_sha256, e.row_number, cast(null as int64) as line_number,
  e.reject_column as column_name, e.reject_value as value, e.reject_reason as reason,
  e.data_state, e.window_from, e.window_until, e.pass, e._run_id, e._load_id, e._extracted_at
from {{ ref('stg_event_stream__rejected_row') }} as e
join {{ ref('stg_event_stream__run') }} as n on n.workspace = e.workspace and n._run_id = e._run_id
union all
select
  workspace, 'ad-clicks' as pipeline, file_sha256, row_number, cast(null as int64) as line_number,
  reject_column as column_name, cast(null as string) as value, reject_reason as reason,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_ad_clicks__row') }}
where reject_column is not null
union all
select
  workspace, 'assignments' as pipeline, file_sha256, row_number, cast(null as int64) as line_number,
  reject_column as column_name, cast(null as string) as value, reject_reason as reason,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_assignments__row') }}
where reject_column is not null
union all
select
  r.workspace, n.pipeline, cast(null as string) as file_sha256, cast(null as int64) as row_number, r.line_number,
  cast(null as string) as column_name, r.row_text as value, r.reason,
  r.data_state, r.window_from, r.window_until, r.pass, r._run_id, r._load_id, r._extracted_at
from {{ source('raw', 'raw_rejected_row') }} as r
join newest_run as n on n.workspace = r.workspace and n.raw_table = r.target and n._run_id = r._run_id
