-- Which runs did not end complete, and what do they lack? One row per run, the newest first.
-- Chart: a table; filter status <> 'complete' for a list of what to look at.
select
  run_id, workspace, pipeline, window_from, window_until, requested_by, requested_at, status, settled_at,
  duration_seconds, loaded_rows, rejected_rows, missing_work, missing_names
from ops_run
order by requested_at desc
