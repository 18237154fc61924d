{{ config(materialized='table', tags=['publish']) }}
-- One row per workspace × experiment × check, of the newest evaluation: what was looked at before any number was believed.
select
  workspace, experiment_id, check_name, status, code, value, threshold, detail, basis, observed, data_state,
  pass as _pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_experiment_health') }}
{{ newest_row_of(['workspace', 'experiment_id'], ['check_name']) }}
