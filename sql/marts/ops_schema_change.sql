{{ config(
  materialized='incremental', incremental_strategy='merge', unique_key=['run_id', 'table_name', 'column_name'], tags=['publish'],
  meta={'key_inputs': ['raw_schema_change']}
) }}
-- One row per run × published table × column that the run found changed, and what became of it: new columns are applied; a dropped
-- column or another type is applied, held or refused as settings say. A field of Braze's answers that no schema knows is told of by
-- the first run that meets it, under the raw table whose JSON column keeps it.
select
  run_id, table_name, column_name, change, old_type, new_type, is_breaking, policy, outcome, changed_at,
  workspace, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_schema_change') }}
qualify row_number() over (
  partition by run_id, table_name, column_name
  order by _extracted_at desc, _load_id desc
) = 1
