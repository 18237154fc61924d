{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['event-stream'],
  partition_by={'field': 'activity_date', 'data_type': 'date'}, meta={'replace_changed_days': true}
) }}
-- One row per workspace × day (UTC) from the first to the last event, days without one included. Selected whole; days that are new,
-- or count from another first day, are replaced.
with bound as (
  select workspace, min(event_date) as first_date, max(event_date) as last_date
  from {{ ref('stg_event_stream__day') }}
  where row_count > 0
  group by workspace
)
select
  bound.workspace, activity_date, date_diff(activity_date, bound.first_date, day) + 1 as days_observed
from bound
cross join unnest(generate_date_array(bound.first_date, bound.last_date)) as activity_date
