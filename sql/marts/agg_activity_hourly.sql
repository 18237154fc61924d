{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__session_hourly': 'activity_date', 'stg_braze__custom_event_hourly': 'activity_date',
    'stg_braze__purchase_quantity_hourly': 'activity_date', 'stg_braze__purchase_revenue_hourly': 'activity_date'} }
) }}
-- One row per workspace × metric × subject × app × segment × hour: what Braze gives by the hour, where settings ask for it.
select
  workspace, 'sessions' as metric, coalesce(cast(null as string), 'all') as subject, coalesce(app_id, 'all') as app_id,
  coalesce(segment_id, 'all') as segment_id, activity_date, activity_hour, cast(sessions as numeric) as value,
  data_state, pass as _pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_braze__session_hourly') }}
union all
select
  workspace, 'events' as metric, coalesce(event_name, 'all') as subject, coalesce(app_id, 'all') as app_id,
  coalesce(segment_id, 'all') as segment_id, activity_date, activity_hour, cast(event_count as numeric) as value,
  data_state, pass as _pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_braze__custom_event_hourly') }}
union all
select
  workspace, 'purchase_quantity' as metric, coalesce(product_name, 'all') as subject, coalesce(app_id, 'all') as app_id,
  coalesce(cast(null as string), 'all') as segment_id, activity_date, activity_hour, cast(quantity as numeric) as value,
  data_state, pass as _pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_braze__purchase_quantity_hourly') }}
union all
select
  workspace, 'purchase_revenue' as metric, coalesce(product_name, 'all') as subject, coalesce(app_id, 'all') as app_id,
  coalesce(cast(null as string), 'all') as segment_id, activity_date, activity_hour, cast(revenue as numeric) as value,
  data_state, pass as _pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_braze__purchase_revenue_hourly') }}
