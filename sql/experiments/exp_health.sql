{{ config(materialized='table', tags=['publish']) }}
-- One row per workspace × experiment × check, of the newest evaluation: what was looked at before any number was believed.
select
  workspace, experiment_id, check_name, status, code, value, threshold, detail, basis, observed, data_state,
  pass as _pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_experiment_health') }}
qualify row_number() over (
    partition by workspace, experiment_id, check_name
    order by _extracted_at desc, pass desc, _load_id desc
  ) = 1
  and _load_id = first_value(_load_id) over (
    partition by workspace, experiment_id
    order by _extracted_at desc, pass desc, _load_id desc
  )
