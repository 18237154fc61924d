{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['event-stream'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {
    'int_event_calendar': 'activity_date',
    'int_event_user_day': {'column': 'event_date', 'trailing_days': var('active_month_days')}
  } }
) }}
-- One row per workspace × day (UTC) from the first to the last event. `wau` and `mau` count the distinct users of the trailing 7
-- and 30 days (vars `active_week_days`, `active_month_days`), the day included; while `days_observed` is below 30 the trailing month is not
-- yet full. A late event is counted in its day and in the windows that reach back to it.
-- Each day of a user is counted from that day on until the window has passed, or the user's next day is counted in its place: a running
-- sum counts no user twice, and no user-day is looked at thirty times.
with user_day as (
  select workspace, user_id, unix_date(event_date) as on_day
  from {{ ref('int_event_user_day') }}
  group by workspace, user_id, event_date
),
stay as (
  select
    workspace, on_day,
    least(on_day + {{ var('active_month_days') }}, on_day + {{ var('active_week_days') }}) as week_end,
    on_day + {{ var('active_month_days') }} as month_end,
    lead(on_day, 1, 9999999) over (partition by workspace, user_id order by on_day) as next_day
  from user_day
),
change as (
  select workspace, on_day, 1 as daily, 1 as weekly, 1 as monthly from stay
  union all
  select workspace, on_day + 1 as on_day, -1 as daily, 0 as weekly, 0 as monthly from stay
  union all
  select workspace, least(week_end, next_day) as on_day, 0 as daily, -1 as weekly, 0 as monthly from stay
  union all
  select workspace, least(month_end, next_day) as on_day, 0 as daily, 0 as weekly, -1 as monthly from stay
  union all
  select workspace, unix_date(activity_date) as on_day, 0 as daily, 0 as weekly, 0 as monthly
  from {{ ref('int_event_calendar') }}
),
day as (
  select workspace, on_day, sum(daily) as daily, sum(weekly) as weekly, sum(monthly) as monthly
  from change
  group by workspace, on_day
),
running as (
  select
    workspace, on_day,
    sum(daily) over (partition by workspace order by on_day) as dau,
    sum(weekly) over (partition by workspace order by on_day) as wau,
    sum(monthly) over (partition by workspace order by on_day) as mau
  from day
)
select s.workspace, s.activity_date, r.dau, r.wau, r.mau, s.days_observed
from {{ ref('int_event_calendar') }} as s
join running as r on r.workspace = s.workspace and r.on_day = unix_date(s.activity_date)
where r.mau > 0
