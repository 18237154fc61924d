{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × metric × group × arm × day (UTC) with units that are known one by one: the day of their first
-- exposure, with every sum that their kind of metric is judged by, so that evaluation can leave out the days whose time to convert is
-- not over. By message: the day of that message.
with unit as (
  select
    workspace, experiment_id, metric, metric_kind, 'all' as segment, arm_id, exposed_date as activity_date,
    value, cast(value as float64) as value_float, covariate, cast(covariate as float64) as covariate_float, cap_value
  from {{ ref('exp_unit_metric') }}
  -- Units without a value do not count in a quantile.
  where exposed_date is not null and (metric_kind <> 'quantile' or value is not null)
  union all
  select
    workspace, experiment_id, metric, metric_kind, segment, arm_id, exposed_date as activity_date,
    value, cast(value as float64) as value_float, covariate, cast(covariate as float64) as covariate_float, cap_value
  from {{ ref('exp_unit_metric') }}
  cross join unnest(split(segments, '|')) as segment
  where exposed_date is not null and (metric_kind <> 'quantile' or value is not null) and role = 'primary'
),
unit_day as (
  select
    workspace, experiment_id, metric, metric_kind, segment, arm_id, activity_date, count(*) as n,
    sum(value) as total,
    sum(cast(value_float * value_float as numeric)) as squares,
    sum(value_float * value_float * value_float) as cubes,
    sum(covariate) as covariate_sum,
    sum(cast(covariate_float * covariate_float as numeric)) as covariate_sumsq,
    sum(cast(value_float * covariate_float as numeric)) as cross_sum,
    if(max(cap_value) is null, null, countif(value >= cap_value)) as capped_units
  from unit
  group by workspace, experiment_id, metric, metric_kind, segment, arm_id, activity_date
)
select
  workspace, experiment_id, metric, segment, arm_id, activity_date, n,
  if(metric_kind = 'proportion', cast(total as int64), null) as x,
  -- Ranks do not add up.
  if(metric_kind in ('proportion', 'quantile'), null, total) as value_sum,
  if(metric_kind in ('proportion', 'quantile'), null, squares) as value_sumsq,
  if(metric_kind = 'mean', cubes, null) as value_sumcubes,
  covariate_sum, covariate_sumsq, cross_sum, capped_units
from unit_day
union all
select
  workspace, experiment_id, metric, concat('message=', cast(message_number as string)) as segment,
  arm_id, shown_date as activity_date, n, x,
  cast(null as numeric) as value_sum, cast(null as numeric) as value_sumsq, cast(null as float64) as value_sumcubes,
  cast(null as numeric) as covariate_sum, cast(null as numeric) as covariate_sumsq, cast(null as numeric) as cross_sum,
  cast(null as int64) as capped_units
from {{ ref('int_ad_clicks_arm_message') }}
