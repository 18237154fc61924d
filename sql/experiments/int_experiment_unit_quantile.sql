{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × metric of kind `quantile` × arm × group, in one scan of their rows in exp_unit_metric: the
-- quantile of the units' values and the values at both ends of the 95 % band of its rank, q ± z·√(q(1 − q)/n) (Deng, Knoblich & Lu
-- 2018). Counted from the ranks themselves, so that both engines give the same rows; APPROX_QUANTILES would not. The quantile lies
-- between two ranks as PERCENTILE_CONT has it (type 7), the band's ends lie on ranks, outwards. Units without a value do not count.
with unit as (
  select workspace, experiment_id, arm_id, is_control, metric, role, 'all' as segment, value, covariate, cap_value, quantile_level, exposed_date
  from {{ ref('exp_unit_metric') }}
  where metric_kind = 'quantile' and value is not null
  union all
  select workspace, experiment_id, arm_id, is_control, metric, role, segment, value, covariate, cap_value, quantile_level, exposed_date
  from {{ ref('exp_unit_metric') }}
  cross join unnest(split(segments, '|')) as segment
  where metric_kind = 'quantile' and value is not null and role = 'primary'
),
-- Equal values are one row from here on: ranks are then sums over the different values, however many units share them.
counted as (
  select
    workspace, experiment_id, metric, segment, arm_id, value, min(role) as role, logical_or(is_control) as is_control, count(*) as same,
    min(quantile_level) as lowest_level, max(quantile_level) as highest_level,
    count(covariate) as covariates, max(cap_value) as cap_value, countif(value >= cap_value) as capped_units,
    min(exposed_date) as first_date, max(exposed_date) as last_date
  from unit
  group by workspace, experiment_id, metric, segment, arm_id, value
),
ranked as (
  select
    * except (lowest_level, highest_level),
    min(lowest_level) over (partition by workspace, experiment_id, metric, segment, arm_id) as lowest_level,
    max(highest_level) over (partition by workspace, experiment_id, metric, segment, arm_id) as highest_level,
    sum(same) over (
      partition by workspace, experiment_id, metric, segment, arm_id order by value
      rows between unbounded preceding and current row
    ) as last_place,
    sum(same) over (partition by workspace, experiment_id, metric, segment, arm_id) as units
  from counted
),
levelled as (
  -- A level that is none, and more than one, gives no quantile.
  select *, if(lowest_level > 0 and lowest_level = highest_level and highest_level < 1, highest_level, null) as quantile_level
  from ranked
),
placed as (
  select
    *,
    last_place - same as before,
    1 + (units - 1) * quantile_level as middle,
    cast(1.959963984540054 as float64) * sqrt(safe_divide(quantile_level * (1 - quantile_level), units)) as half
  from levelled
),
banded as (
  select
    *,
    cast(floor(middle) as int64) as from_place, cast(ceil(middle) as int64) as to_place,
    -- A band that reaches beyond the smallest or the largest value is no band.
    quantile_level > half and quantile_level + half < 1 as is_within,
    greatest(1, cast(floor(units * (quantile_level - half)) as int64)) as place_below,
    least(units, cast(floor(units * (quantile_level + half)) as int64) + 1) as place_above
  from placed
),
picked as (
  select
    workspace, experiment_id, metric, segment, arm_id,
    min(role) as role, logical_or(is_control) as is_control, sum(same) as n,
    max(quantile_level) as quantile_level,
    max(if(before < from_place and from_place <= last_place, cast(value as float64), null)) as from_value,
    max(if(before < to_place and to_place <= last_place, cast(value as float64), null)) as to_value,
    max(middle - floor(middle)) as between_them,
    max(if(is_within and before < place_below and place_below <= last_place, cast(value as float64), null)) as value_below,
    max(if(is_within and before < place_above and place_above <= last_place, cast(value as float64), null)) as value_above,
    sum(covariates) as covariates, max(cap_value) as cap_value, sum(capped_units) as capped_units,
    min(first_date) as first_date, max(last_date) as last_date
  from banded
  group by workspace, experiment_id, metric, segment, arm_id
)
select
  workspace, experiment_id, arm_id, is_control, metric, 'quantile' as metric_kind, role, segment, n, quantile_level,
  from_value + between_them * (to_value - from_value) as quantile_value, value_below as quantile_below, value_above as quantile_above,
  covariates, cap_value, capped_units, first_date, last_date
from picked
