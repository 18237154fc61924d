{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['event-stream'],
  partition_by={'field': 'event_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_event_stream__event': 'event_date'} }
) }}
-- One row per workspace × day (UTC) × user × event type: what trailing windows and totals read in place of the events.
select
  workspace, event_date, user_id, event_type,
  count(*) as event_count,
  min(event_time) as first_event_at,
  max(event_time) as last_event_at,
  sum(miles_amount) as miles_amount
from {{ ref('stg_event_stream__event') }}
group by workspace, event_date, user_id, event_type
