{{ config(
  materialized='incremental', incremental_strategy='merge', unique_key=['workspace', '_load_id', 'file_sha256', 'row_number'],
  tags=['event-stream'], meta={'load_inputs': ['raw_event_stream'] }
) }}
-- One row per workspace × load × row of its file of events that was set aside, with the reason.
select
  workspace, file_sha256, row_number, reject_column, reject_value, reject_reason,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_event_stream__row') }}
where reject_column is not null
