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
{{ newest_row(['workspace', 'kpi', 'app_id', 'activity_date']) }}
