{{ config(materialized='table', tags=['event-stream']) }}
-- One row per workspace × event. A day (UTC) belongs to the newest run whose window covers it, even when that run has no row for
-- it: running the same window again replaces it, a longer file adds days, and no event counts twice.
with run as (
  select
    workspace, _run_id, window_from, window_until, max(_extracted_at) as extracted_at, max(pass) as newest_pass
  from {{ ref('stg_event_stream__row') }}
  group by workspace, _run_id, window_from, window_until
),
day as (
  select distinct workspace, event_date
  from {{ ref('stg_event_stream__row') }}
  where reject_column is null
),
owner as (
  select day.workspace, day.event_date, run._run_id
  from day
  join run
    on run.workspace = day.workspace
    and (run.window_from is null or day.event_date >= run.window_from)
    and (run.window_until is null or day.event_date < run.window_until)
  qualify row_number() over (
    partition by day.workspace, day.event_date
    order by run.extracted_at desc, run.newest_pass desc, run._run_id desc
  ) = 1
)
select
  e.workspace,
  concat(e.file_sha256, '-', cast(e.row_number as string)) as event_id,
  e.file_sha256, e.row_number, e.event_time, e.event_date, e.user_id, e.event_type, e.transaction_category,
  e.miles_amount, e.platform, e.utm_source, e.country,
  e.data_state, e.window_from, e.window_until, e.pass, e._run_id, e._load_id, e._extracted_at
from {{ ref('stg_event_stream__row') }} as e
join owner
  on owner.workspace = e.workspace and owner.event_date = e.event_date and owner._run_id = e._run_id
where e.reject_column is null
