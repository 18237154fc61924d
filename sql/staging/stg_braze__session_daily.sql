{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'raw_session_daily': 'activity_date'} }
) }}
-- One row per workspace × app × segment × day (company time zone): the newest extraction of that day.
select
  workspace, app_id, segment_id, activity_date, sessions, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_session_daily') }}
{{ newest_row(['workspace', 'app_id', 'segment_id', 'activity_date']) }}
