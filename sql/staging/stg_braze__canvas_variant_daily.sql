{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'raw_canvas_variant_daily': 'activity_date'} }
) }}
-- One row per workspace × Canvas × day (company time zone) × variation.
-- The newest extraction of a Canvas's day wins whole, so a variant that the source no longer reports leaves with it.
select
  workspace, canvas_id, activity_date, variation_id, variation_name, entries, conversions,
  conversions_by_entry_time, revenue,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_canvas_variant_daily') }}
{{ newest_row_of(['workspace', 'canvas_id', 'activity_date'], ['variation_id']) }}
