{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × metric × arm × group (`all`, and for primary metrics the groups named beforehand): n, sums,
-- squares and cross products, in one scan of exp_unit_metric. Any number of units in, one row per arm out. Quantiles are no sums:
-- int_experiment_unit_quantile has them.
with unit as (
  select
    workspace, experiment_id, arm_id, is_control, metric, metric_kind, role, 'all' as segment,
    value, covariate, cast(value as float64) as v, cast(covariate as float64) as c, cap_value, cap_rule, exposed_date
  from {{ ref('exp_unit_metric') }}
  where metric_kind <> 'quantile'
  union all
  select
    workspace, experiment_id, arm_id, is_control, metric, metric_kind, role, segment,
    value, covariate, cast(value as float64) as v, cast(covariate as float64) as c,
    cap_value, cap_rule, exposed_date
  from {{ ref('exp_unit_metric') }}
  cross join unnest(split(segments, '|')) as segment
  where metric_kind <> 'quantile' and role = 'primary' and segments is not null
),
-- Squares are added as NUMERIC: a sum of floats would change in its last digits with the order of the rows.
squared as (
  select
    workspace, experiment_id, arm_id, is_control, metric, metric_kind, role, segment,
    value, covariate, v, v * v as value_square, c * c as covariate_square, v * c as product,
    cap_value, cap_rule, exposed_date
  from unit
)
select
  workspace, experiment_id, arm_id, is_control, metric, metric_kind, role, segment,
  count(*) as n,
  sum(value) as value_sum,
  sum(cast(value_square as numeric)) as value_sumsq,
  -- For the skew alone: a FLOAT64, which cubes do not overflow.
  sum(value_square * v) as value_sumcubes,
  sum(covariate) as covariate_sum,
  sum(cast(covariate_square as numeric)) as covariate_sumsq,
  sum(cast(product as numeric)) as cross_sum,
  max(cap_value) as cap_value,
  countif(value >= cap_value) as capped_units,
  max(cap_rule) as cap_rule,
  countif(value <> 0) as nonzero_units,
  min(exposed_date) as first_date,
  max(exposed_date) as last_date
from squared
group by workspace, experiment_id, arm_id, is_control, metric, metric_kind, role, segment
