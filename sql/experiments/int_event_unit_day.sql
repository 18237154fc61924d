{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['event-stream', 'assignments'],
  partition_by={'field': 'event_date', 'data_type': 'date'}, meta={'replace_changed_days': true}
) }}
-- One row per workspace × day (UTC) × user × event type, of users in experiments over events; and, where there is such an experiment,
-- one per day of the event stream, without a user: how far the events reach. Empty without such experiments, and then no event
-- has anything built anew.
with assigned as (
  {{ event_assignments() }}
),
unit as (
  select distinct workspace, unit_id
  from assigned
),
concerned as (
  select distinct workspace
  from assigned
)
select d.workspace, d.event_date, d.user_id, d.event_type, d.event_count, d.miles_amount
from {{ ref('int_event_user_day') }} as d
join unit as u on u.workspace = d.workspace and u.unit_id = d.user_id
union all
select distinct
  d.workspace, d.event_date, cast(null as string) as user_id, cast(null as string) as event_type, 0 as event_count,
  cast(null as numeric) as miles_amount
from {{ ref('int_event_user_day') }} as d
join concerned as c on c.workspace = d.workspace
