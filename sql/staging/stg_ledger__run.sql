{{ config(
  materialized='incremental', incremental_strategy='merge', unique_key=['run_id'], tags=['publish'],
  meta={'key_inputs': ['raw_run']}
) }}
-- One row per run, as the newest publish found it in the ledger.
select
  run_id, workspace, pipeline, trigger, requested_by, requested_at, priority, source_uri, source_sha256,
  object_ids, reopens, status, settled_at, planned_parts, landed_parts, loaded_rows, rejected_rows,
  window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_run') }}
qualify row_number() over (
  partition by run_id
  order by _extracted_at desc, _load_id desc
) = 1
