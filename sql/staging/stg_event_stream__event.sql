{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['event-stream'],
  partition_by={'field': 'event_date', 'data_type': 'date'},
  meta={'partition_inputs': {
    'stg_event_stream__day': 'event_date', 'raw_event_stream': {'loads_of': 'stg_event_stream__day'}
  } }
) }}
-- One row per workspace × event. A day (UTC) belongs to the newest run whose window covers it (stg_event_stream__day): running the
-- same window again replaces it, a longer file adds days, and no event counts twice.
select
  e.workspace,
  concat(e.file_sha256, '-', cast(e.row_number as string)) as event_id,
  e.file_sha256, e.row_number, e.event_time, e.event_date, e.user_id, e.event_type, e.transaction_category,
  e.miles_amount, e.platform, e.utm_source, e.country,
  e.data_state, e.window_from, e.window_until, e.pass, e._run_id, e._load_id, e._extracted_at
from {{ ref('stg_event_stream__row') }} as e
join {{ ref('stg_event_stream__day') }} as d
  on d.workspace = e.workspace and d.event_date = e.event_date and d._load_id = e._load_id
where e.reject_column is null
