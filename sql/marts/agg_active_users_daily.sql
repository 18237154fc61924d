{{ config(materialized='table', tags=['event-stream']) }}
-- One row per workspace × day (UTC) from the first to the last event. `wau` and `mau` count the distinct users of the trailing 7
-- and 30 days (vars `active_week_days`, `active_month_days`), the day included; while `days_observed` is below 30 the trailing month is not
-- yet full.
with user_day as (
  select distinct workspace, event_date, user_id
  from {{ ref('stg_event_stream__event') }}
),
bound as (
  select workspace, min(event_date) as first_date, max(event_date) as last_date
  from user_day
  group by workspace
),
spine as (
  select bound.workspace, activity_date, bound.first_date
  from bound
  cross join unnest(generate_date_array(bound.first_date, bound.last_date)) as activity_date
)
select
  s.workspace, s.activity_date,
  count(distinct if(u.event_date = s.activity_date, u.user_id, null)) as dau,
  count(distinct if(u.event_date > date_sub(s.activity_date, interval {{ var('active_week_days') }} day), u.user_id, null)) as wau,
  count(distinct u.user_id) as mau,
  date_diff(s.activity_date, s.first_date, day) + 1 as days_observed
from spine as s
join user_day as u
  on u.workspace = s.workspace
  and u.event_date <= s.activity_date
  and u.event_date > date_sub(s.activity_date, interval {{ var('active_month_days') }} day)
group by s.workspace, s.activity_date, s.first_date
