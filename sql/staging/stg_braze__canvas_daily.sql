{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'raw_canvas_daily': 'activity_date'} }
) }}
-- One row per workspace × Canvas × day (company time zone): the newest extraction of that day.
select
  workspace, canvas_id, activity_date, entries, conversions, conversions_by_entry_time, revenue,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_canvas_daily') }}
{{ newest_row(['workspace', 'canvas_id', 'activity_date']) }}
