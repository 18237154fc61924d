{{ config(materialized='table', tags=['publish']) }}
-- One row per run, those under way included. Instants are UTC; windows are days of the pipeline's zone.
with missing as (
  select
    run_id,
    count(*) as missing_work,
    string_agg(distinct coalesce(object_name, object_id, resource, work), ', '
      order by coalesce(object_name, object_id, resource, work)) as missing_names,
    string_agg(distinct code, ', ' order by code) as missing_codes
  from {{ ref('stg_ledger__dead_letter') }}
  group by run_id
)
select
  r.run_id, r.workspace, r.pipeline, r.window_from, r.window_until, r.pass, r.trigger, r.requested_by, r.requested_at,
  r.status, r.settled_at,
  timestamp_diff(r.settled_at, r.requested_at, second) as duration_seconds,
  r.planned_parts, r.landed_parts, r.loaded_rows, r.rejected_rows,
  coalesce(m.missing_work, 0) as missing_work, m.missing_names, m.missing_codes,
  r.reopens, r.source_uri, r.source_sha256,
  r._run_id, r._load_id, r._extracted_at
from {{ ref('stg_ledger__run') }} as r
left join missing as m on m.run_id = r.run_id
