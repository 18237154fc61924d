{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'raw_send_daily': 'activity_date'} }
) }}
-- One row per workspace × campaign × send × day (company time zone): the newest extraction of that day.
select
  workspace, campaign_id, send_id, activity_date, unique_recipients, conversions, conversions1 as conversions_1,
  conversions2 as conversions_2, conversions3 as conversions_3, conversions_by_send_time,
  conversions1_by_send_time as conversions_1_by_send_time,
  conversions2_by_send_time as conversions_2_by_send_time,
  conversions3_by_send_time as conversions_3_by_send_time, revenue, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_send_daily') }}
{{ newest_row(['workspace', 'campaign_id', 'send_id', 'activity_date']) }}
