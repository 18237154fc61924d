{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['event-stream'],
  partition_by={'field': 'event_date', 'data_type': 'date'}, meta={'replace_changed_days': true}
) }}
-- One row per workspace × day (UTC) with events: the load it belongs to, which is that of the newest run whose window covers the day,
-- even when that run has no row for it. A row per day is selected whole; only days that changed hands are replaced, so that what reads
-- them by day follows a load, a correction or a late file without looking at the others.
with run as (
  select
    workspace, _load_id, _run_id, window_from, window_until,
    max(_extracted_until) as extracted_at, max(pass) as newest_pass
  from {{ ref('stg_event_stream__load_day') }}
  group by workspace, _load_id, _run_id, window_from, window_until
),
day as (
  select distinct workspace, event_date
  from {{ ref('stg_event_stream__load_day') }}
  where event_date is not null
),
owner as (
  select day.workspace, day.event_date, run._load_id, run._run_id
  from day
  join run
    on run.workspace = day.workspace
    and (run.window_from is null or day.event_date >= run.window_from)
    and (run.window_until is null or day.event_date < run.window_until)
  qualify row_number() over (
    partition by day.workspace, day.event_date
    order by run.extracted_at desc, run.newest_pass desc, run._run_id desc, run._load_id desc
  ) = 1
)
select
  o.workspace, o.event_date, coalesce(d.row_count, 0) as row_count, d.data_state,
  o._run_id, o._load_id, d._extracted_from, d._extracted_until
from owner as o
left join {{ ref('stg_event_stream__load_day') }} as d
  on d.workspace = o.workspace and d._load_id = o._load_id and d.event_date = o.event_date
