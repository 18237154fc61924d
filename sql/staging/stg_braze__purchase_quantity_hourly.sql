{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'raw_purchase_quantity_hourly': 'activity_date'} }
) }}
-- One row per workspace × product × app × hour (company time zone): the newest extraction of that hour.
select
  workspace, product_name, app_id, activity_date, activity_hour, quantity, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_purchase_quantity_hourly') }}
{{ newest_row(['workspace', 'product_name', 'app_id', 'activity_date', 'activity_hour']) }}
