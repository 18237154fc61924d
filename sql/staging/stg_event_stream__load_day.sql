{{ config(
  materialized='incremental', incremental_strategy='merge', unique_key=['workspace', '_load_id', 'event_date'],
  tags=['event-stream'], meta={'load_inputs': ['raw_event_stream'] }
) }}
-- One row per workspace × load of a file of events × day (UTC) of its rows that count; those set aside stand together under no day.
-- Small, and all that deciding which load a day belongs to needs: a load is counted once, when it comes.
select
  workspace, _load_id, _run_id, window_from, window_until,
  if(reject_column is null, event_date, null) as event_date,
  count(*) as row_count,
  countif(reject_column is not null) as rejected_rows,
  max(data_state) as data_state,
  max(pass) as pass,
  min(_extracted_at) as _extracted_from,
  max(_extracted_at) as _extracted_until
from {{ ref('stg_event_stream__row') }}
group by workspace, _load_id, _run_id, window_from, window_until, if(reject_column is null, event_date, null)
