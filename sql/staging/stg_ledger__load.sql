{{ config(
  materialized='incremental', incremental_strategy='merge', unique_key=['load_id', 'table_name'], tags=['publish'],
  meta={'key_inputs': ['raw_load']}
) }}
-- One row per load × table, as the newest publish found it in the ledger.
select
  load_id, table_name, run_id, workspace, pipeline, resource, row_count, file_count, rejected_rows, loaded_at,
  window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_load') }}
qualify row_number() over (
  partition by load_id, table_name
  order by _extracted_at desc, _load_id desc
) = 1
