{{ config(materialized='table', tags=['publish']) }}
-- One row per request of a run: who asked for what, when, by which way. Instants are UTC.
select
  run_id, requested_at, requested_by, trigger, workspace, pipeline, window_from, window_until, pass, priority,
  reopens, source_uri, source_sha256, to_json_string(object_ids) as object_ids,
  _run_id, _load_id, _extracted_at
from {{ ref('stg_ledger__run') }}
