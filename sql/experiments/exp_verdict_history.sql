{{ config(materialized='table', tags=['publish']) }}
-- One row per workspace × experiment × arm × time something new was said: what, when (`evaluated_at`, UTC), and on which data. Nothing
-- is ever taken back: a later verdict is a later row; the same on the same data is no row. `is_newest` marks what is said now.
select
  workspace, experiment_id, experiment_name, arm_id, arm_name, control_arm_id, decision, reason, verdict, explanation, problems,
  is_winner, tied_with, metric, metric_kind, looks, expected_units, look, looks_planned, is_final_look,
  units, planned_units, information, units_needed, next_look_date,
  effect, decision_low, decision_high, decision_boundary, alpha, definition_hash, data_hash, first_date, last_date, data_state,
  _load_id = first_value(_load_id) over (
    partition by workspace, experiment_id
    order by _extracted_at desc, pass desc, _load_id desc
  ) as is_newest,
  _extracted_at as evaluated_at, _run_id as run_id, pass as _pass, _load_id, _extracted_at
from {{ source('raw', 'raw_experiment_verdict') }}
