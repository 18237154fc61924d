{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × metric × group × arm × day with units. Braze: the day it counted them (company time zone), with
-- the conversions of that day's sends or entries whenever they happened. Single units: the day of their first exposure (UTC), with every
-- sum that their kind of metric is judged by, so that evaluation can leave out the days whose time to convert is not over. By message:
-- the day of that message.
with campaign_day as (
  select
    d.workspace, d.campaign_id, d.variation_id, d.activity_date,
    sum(if(coalesce(v.is_control, false), d.enrolled, d.unique_recipients)) as n,
    sum(d.conversions_by_send_time) as conversions,
    sum(d.conversions_1_by_send_time) as conversions_1,
    sum(d.conversions_2_by_send_time) as conversions_2,
    sum(d.conversions_3_by_send_time) as conversions_3
  from {{ ref('stg_braze__campaign_variant_daily') }} as d
  join {{ ref('int_campaign_arm') }} as v
    on v.workspace = d.workspace and v.campaign_id = d.campaign_id and v.variation_id = d.variation_id
  group by d.workspace, d.campaign_id, d.variation_id, d.activity_date
),
campaign_metric as (
  select
    d.workspace, concat(d.workspace, '__campaign__', d.campaign_id) as experiment_id, m.metric,
    d.variation_id as arm_id, d.activity_date, d.n, m.x
  from campaign_day as d
  cross join unnest([
    struct('conversion' as metric, d.conversions as x),
    struct('conversion_1' as metric, d.conversions_1 as x),
    struct('conversion_2' as metric, d.conversions_2 as x),
    struct('conversion_3' as metric, d.conversions_3 as x)
  ]) as m
  where d.n > 0 and m.x is not null
),
canvas_metric as (
  select
    d.workspace, concat(d.workspace, '__canvas__', d.canvas_id) as experiment_id, 'conversion' as metric,
    d.variation_id as arm_id, d.activity_date, sum(d.entries) as n, sum(d.conversions_by_entry_time) as x
  from {{ ref('stg_braze__canvas_variant_daily') }} as d
  join {{ ref('int_canvas_arm') }} as v
    on v.workspace = d.workspace and v.canvas_id = d.canvas_id and v.variation_id = d.variation_id
  group by d.workspace, d.canvas_id, d.variation_id, d.activity_date
  having sum(d.entries) > 0
),
unit as (
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
),
counted as (
  select workspace, experiment_id, metric, 'all' as segment, arm_id, activity_date, n, x
  from campaign_metric
  union all
  select workspace, experiment_id, metric, 'all' as segment, arm_id, activity_date, n, x
  from canvas_metric
  union all
  select
    workspace, experiment_id, metric, concat('message=', cast(message_number as string)) as segment,
    arm_id, shown_date as activity_date, n, x
  from {{ ref('int_ad_clicks_arm_message') }}
)
select
  workspace, experiment_id, metric, segment, arm_id, activity_date, n, x,
  cast(null as numeric) as value_sum, cast(null as numeric) as value_sumsq, cast(null as float64) as value_sumcubes,
  cast(null as numeric) as covariate_sum, cast(null as numeric) as covariate_sumsq, cast(null as numeric) as cross_sum,
  cast(null as int64) as capped_units
from counted
union all
select
  workspace, experiment_id, metric, segment, arm_id, activity_date, n,
  if(metric_kind = 'proportion', cast(total as int64), null) as x,
  -- Ranks do not add up.
  if(metric_kind in ('proportion', 'quantile'), null, total) as value_sum,
  if(metric_kind in ('proportion', 'quantile'), null, squares) as value_sumsq,
  if(metric_kind = 'mean', cubes, null) as value_sumcubes,
  covariate_sum, covariate_sumsq, cross_sum, capped_units
from unit_day
