{{ config(
  materialized='incremental', incremental_strategy='merge', unique_key=['run_id', 'model_name', 'check_name'], tags=['publish'],
  meta={'key_inputs': ['raw_quality_result']}
) }}
-- One row per run × model × check: what the tests and gates of a built table found, with some of the rows that break them. Personal
-- columns are masked in the samples. `row_count` has the number of rows and whether the model as a whole passed.
select
  run_id, model_name, check_name, severity, status, failures, row_count, action,
  partitions, sample, message, checked_at,
  workspace, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_quality_result') }}
qualify row_number() over (
  partition by run_id, model_name, check_name
  order by _extracted_at desc, _load_id desc
) = 1
