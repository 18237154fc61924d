{{ config(materialized='table', tags=['event-stream']) }}
-- One row per workspace × event type over all days (UTC) held.
select
  workspace, event_type,
  count(*) as event_count,
  count(distinct user_id) as user_count,
  min(event_time) as first_event_at,
  max(event_time) as last_event_at
from {{ ref('stg_event_stream__event') }}
group by workspace, event_type
