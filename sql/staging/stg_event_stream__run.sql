{{ config(materialized='table', tags=['event-stream']) }}
-- One row per workspace × run of a file of events that still counts, with how many rows it had. A run whose whole window a newer run
-- covers counts no more. As many rows as files: built whole.
with run as (
  select
    workspace, _run_id, window_from, window_until,
    sum(row_count) as row_count, sum(rejected_rows) as rejected_rows,
    max(_extracted_until) as extracted_at, max(pass) as newest_pass
  from {{ ref('stg_event_stream__load_day') }}
  group by workspace, _run_id, window_from, window_until
),
superseded as (
  select distinct old.workspace, old._run_id
  from run as old
  join run as newer
    on newer.workspace = old.workspace
    and (newer.window_from is null or newer.window_from <= old.window_from)
    and (newer.window_until is null or newer.window_until >= old.window_until)
    and (
      newer.extracted_at > old.extracted_at
      or (newer.extracted_at = old.extracted_at and newer.newest_pass > old.newest_pass)
      or (
        newer.extracted_at = old.extracted_at
        and newer.newest_pass = old.newest_pass
        and newer._run_id > old._run_id
      )
    )
)
select run.workspace, run._run_id, run.window_from, run.window_until, run.row_count, run.rejected_rows
from run
left join superseded as s on s.workspace = run.workspace and s._run_id = run._run_id
where s._run_id is null
