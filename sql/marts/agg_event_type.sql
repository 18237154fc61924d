{{ config(materialized='table', tags=['event-stream']) }}
-- One row per workspace × event type over all days (UTC) held. Whole: a user counts once over all time, so no day can be added to what
-- was counted before. It reads users and days, not events.
select
  workspace, event_type,
  sum(event_count) as event_count,
  count(distinct user_id) as user_count,
  min(first_event_at) as first_event_at,
  max(last_event_at) as last_event_at
from {{ ref('int_event_user_day') }}
group by workspace, event_type
