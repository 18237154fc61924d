{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × metric × arm × day with units. Braze: the day it counted them (company time zone), with the
-- conversions of that day's sends or entries whenever they happened. Single units: the day of their first exposure (UTC).
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
unit_metric as (
  select
    workspace, experiment_id, metric, arm_id, exposed_date as activity_date, count(*) as n,
    if(max(metric_kind) = 'proportion', cast(sum(value) as int64), null) as x,
    if(max(metric_kind) = 'mean', sum(value), null) as value_sum,
    if(max(metric_kind) = 'mean', sum(cast(cast(value as float64) * cast(value as float64) as numeric)), null) as value_sumsq
  from {{ ref('exp_unit_metric') }}
  where exposed_date is not null and metric_kind in ('proportion', 'mean')
  group by workspace, experiment_id, metric, arm_id, exposed_date
)
select
  workspace, experiment_id, metric, arm_id, activity_date, n, x,
  cast(null as numeric) as value_sum, cast(null as numeric) as value_sumsq
from campaign_metric
union all
select
  workspace, experiment_id, metric, arm_id, activity_date, n, x,
  cast(null as numeric) as value_sum, cast(null as numeric) as value_sumsq
from canvas_metric
union all
select workspace, experiment_id, metric, arm_id, activity_date, n, x, value_sum, value_sumsq
from unit_metric
