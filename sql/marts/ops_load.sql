{{ config(materialized='table', tags=['publish']) }}
-- One row per load × raw table. Instants are UTC.
select
  load_id, table_name, run_id, workspace, pipeline, resource, row_count, file_count, rejected_rows, loaded_at,
  window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_ledger__load') }}
