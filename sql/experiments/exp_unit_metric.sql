{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × unit × metric, for experiments whose single units are known. A source: one more branch.
-- Days are UTC. What is judged from here are counts, sums and squares per arm (int_experiment_unit_statistic) and order statistics
-- (int_experiment_unit_quantile), never these rows.
select
  workspace, experiment_id, unit_id, arm_id, is_control, metric, metric_kind, role, value, covariate, cap_value,
  cap_rule, quantile_level, exposed_date, segments
from {{ ref('int_hillstrom_unit_metric') }}
union all
select
  workspace, experiment_id, unit_id, arm_id, is_control, metric, metric_kind, role, value, covariate, cap_value,
  cap_rule, quantile_level, exposed_date, segments
from {{ ref('int_ad_clicks_unit_metric') }}
union all
select
  workspace, experiment_id, unit_id, arm_id, is_control, metric, metric_kind, role, value, covariate, cap_value,
  cap_rule, quantile_level, exposed_date, segments
from {{ ref('int_event_unit_metric') }}
union all
select
  workspace, experiment_id, unit_id, arm_id, is_control, metric, metric_kind, role, value, covariate, cap_value,
  cap_rule, quantile_level, exposed_date, segments
from {{ ref('int_global_control_unit_metric') }}
