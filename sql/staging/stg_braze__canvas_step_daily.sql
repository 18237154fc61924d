{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'raw_canvas_step_daily': 'activity_date'} }
) }}
-- One row per workspace × Canvas × day (company time zone) × step.
-- The newest extraction of a Canvas's day wins whole, so a variant that the source no longer reports leaves with it.
select
  workspace, canvas_id, activity_date, step_id, step_name, conversions, conversions_by_entry_time, revenue,
  messages,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_canvas_step_daily') }}
qualify row_number() over (
    partition by workspace, canvas_id, activity_date, step_id
    order by _extracted_at desc, pass desc, _load_id desc
  ) = 1
  and _load_id = first_value(_load_id) over (
    partition by workspace, canvas_id, activity_date
    order by _extracted_at desc, pass desc, _load_id desc
  )
