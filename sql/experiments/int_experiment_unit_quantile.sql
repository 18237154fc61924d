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
ranked as (
  select
    * except (quantile_level),
    -- A level that is none gives no quantile.
    if(quantile_level > 0 and quantile_level < 1, quantile_level, null) as quantile_level,
    row_number() over (partition by workspace, experiment_id, metric, segment, arm_id order by value) as place,
    count(*) over (partition by workspace, experiment_id, metric, segment, arm_id) as units
  from unit
),
placed as (
  select
    *,
    1 + (units - 1) * quantile_level as middle,
    cast(1.959963984540054 as float64) * sqrt(safe_divide(quantile_level * (1 - quantile_level), units)) as half
  from ranked
),
picked as (
  select
    workspace, experiment_id, metric, segment, arm_id,
    min(role) as role, logical_or(is_control) as is_control, count(*) as n,
    -- More than one level is no level.
    if(min(quantile_level) = max(quantile_level), min(quantile_level), null) as quantile_level,
    max(if(place = cast(floor(middle) as int64), cast(value as float64), null)) as from_value,
    max(if(place = cast(ceil(middle) as int64), cast(value as float64), null)) as to_value,
    max(middle - floor(middle)) as between_them,
    -- A band that reaches beyond the smallest or the largest value is no band.
    max(if(quantile_level > half and quantile_level + half < 1 and place = greatest(1, cast(floor(units * (quantile_level - half)) as int64)), cast(value as float64), null)) as value_below,
    max(if(quantile_level > half and quantile_level + half < 1 and place = least(units, cast(floor(units * (quantile_level + half)) as int64) + 1), cast(value as float64), null)) as value_above,
    count(covariate) as covariates, max(cap_value) as cap_value, countif(value >= cap_value) as capped_units,
    min(exposed_date) as first_date, max(exposed_date) as last_date
  from placed
  group by workspace, experiment_id, metric, segment, arm_id
)
select
  workspace, experiment_id, arm_id, is_control, metric, 'quantile' as metric_kind, role, segment, n, quantile_level,
  if(quantile_level is null, null, from_value + between_them * (to_value - from_value)) as quantile_value, value_below as quantile_below, value_above as quantile_above,
  covariates, cap_value, capped_units, first_date, last_date
from picked
