{{ config(materialized='table', tags=['publish']) }}
-- One row per workspace × experiment × metric × arm × period (a day; a week above 60 days, a month above 60 weeks): the effect on those who
-- were sent to, entered, or first exposed then, for reading. No test: nothing here has a p or decides. An experiment whose days did not
-- change since keeps the rows of an earlier evaluation; one that has no days any more has one row without a day there, and none here.
select
  workspace, experiment_id, experiment_name, metric, metric_kind, role, direction, arm_id, arm_name, is_control, period,
  activity_date, last_date, method, status, reason, n, x, units_maturing, value, control_arm_id, control_n, control_value,
  effect, effect_low, effect_high, effect_se, alpha, data_state, pass as _pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_experiment_daily') }}
{{ newest_row_of(['workspace', 'experiment_id'], ['metric', 'arm_id', 'activity_date']) }}
  and activity_date is not null
