{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'raw_segment_daily': 'activity_date'} }
) }}
-- One row per workspace × segment × day (company time zone): the newest estimate of that day.
select
  workspace, segment_id, activity_date, size as estimated_size, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_segment_daily') }}
{{ newest_row(['workspace', 'segment_id', 'activity_date']) }}
