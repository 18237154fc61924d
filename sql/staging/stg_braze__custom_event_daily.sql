{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'raw_custom_event_daily': 'activity_date'} }
) }}
-- One row per workspace × event × app × segment × day (company time zone): the newest extraction of that day.
select
  workspace, event_name, app_id, segment_id, activity_date, count as event_count, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_custom_event_daily') }}
{{ newest_row(['workspace', 'event_name', 'app_id', 'segment_id', 'activity_date']) }}
