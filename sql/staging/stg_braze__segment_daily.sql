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
qualify row_number() over (
    partition by workspace, segment_id, activity_date
    order by _extracted_at desc, pass desc, _load_id desc
  ) = 1
