{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'raw_kpi_daily': 'activity_date'} }
) }}
-- One row per workspace × KPI × app × day (company time zone): the newest extraction of that day.
select
  workspace, kpi, app_id, activity_date, value, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_kpi_daily') }}
qualify row_number() over (
    partition by workspace, kpi, app_id, activity_date
    order by _extracted_at desc, pass desc, _load_id desc
  ) = 1
