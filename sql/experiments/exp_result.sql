{{ config(materialized='table', tags=['publish']) }}
-- One row per workspace × experiment × metric × group × arm × method. An experiment's newest evaluation replaces the one before it whole.
select
  workspace, experiment_id, experiment_name, source, data_grade, unit, metric, metric_kind, role, coalesce(direction, 'higher') as direction, coalesce(segment, 'all') as segment,
  arm_id, arm_name, is_control, method, status, reason, n, x, units_maturing, value, control_arm_id, control_n,
  control_x, control_value, effect, effect_low, effect_high, effect_se, decision_low, decision_high, lift, lift_low,
  lift_high, z, chi2, df, p_value, logp, adjusted_p, adjustment, family_p, alpha, chance_to_win, expected_loss,
  variance_reduction, mde, cap_value, capped_units, incremental, incremental_low, incremental_high, margin, guardrail,
  trend_slope, trend_p, novelty, verdict, decision, decision_reason, notes, first_date, last_date, data_state, pass as
  _pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_experiment_result') }}
{{ newest_row_of(['workspace', 'experiment_id'], ['metric', 'segment', 'arm_id', 'method']) }}
