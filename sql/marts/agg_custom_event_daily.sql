{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__custom_event_daily': 'activity_date'} }
) }}
-- One row per workspace × custom event × app × segment × day (company time zone).
select
  d.workspace, d.event_name, coalesce(d.app_id, 'all') as app_id, coalesce(d.segment_id, 'all') as segment_id,
  d.activity_date, d.event_count,
  d.data_state, d.pass as _pass, d._run_id, d._load_id, d._extracted_at
from {{ ref('stg_braze__custom_event_daily') }} as d
