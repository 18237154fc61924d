{{ config(materialized='table', tags=['hillstrom', 'event-stream']) }}
-- One row per workspace × pipeline × file × row that was set aside, with the first column that failed. Only the newest run of each
-- window is listed, so what a corrected file repaired leaves the list. Values of personal columns are not repeated here.
with newest_event as (
  select
    workspace, file_sha256, row_number, reject_column, reject_value, reject_reason,
    data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
  from {{ ref('stg_event_stream__row') }}
  qualify _run_id = first_value(_run_id) over (
    partition by workspace, window_from, window_until
    order by _extracted_at desc, pass desc, _run_id desc
  )
)
select
  workspace, 'hillstrom' as pipeline, file_sha256, row_number,
  reject_column as column_name, reject_value as value, reject_reason as reason,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_hillstrom__row') }}
where reject_column is not null
union all
select
  workspace, 'event-stream' as pipeline, file_sha256, row_number,
  reject_column as column_name, reject_value as value, reject_reason as reason,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from newest_event
where reject_column is not null
