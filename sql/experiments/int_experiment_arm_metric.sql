{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × metric × arm × group, whatever the experiment comes from: what evaluation reads. Proportions
-- carry `x` of `n` units, means `value_sum` and, where single users are known, squares and a covariate, quantiles the values around
-- their rank. Two grades of data, told
-- apart by `data_grade`: totals as Braze reports them, and single units.
with rest_arm as (
  select
    workspace, concat(workspace, '__campaign__', campaign_id) as experiment_id, campaign_name as experiment_name,
    'campaign' as source, 'recipient' as unit, variation_id as arm_id, variation_name as arm_name,
    is_control, 'reported' as control_basis, units as n,
    conversions, conversions_1, conversions_2, conversions_3, revenue, unit_days, unclosed_days, first_date, last_date,
    window_days, as_of_date
  from {{ ref('int_campaign_arm') }}
  union all
  select
    workspace, concat(workspace, '__canvas__', canvas_id) as experiment_id, canvas_name as experiment_name,
    'canvas' as source, 'entry' as unit, variation_id as arm_id, variation_name as arm_name,
    is_control, 'no_first_step' as control_basis, units as n,
    conversions, cast(null as int64) as conversions_1, cast(null as int64) as conversions_2,
    cast(null as int64) as conversions_3, revenue, unit_days, unclosed_days, first_date, last_date,
    cast(null as int64) as window_days, as_of_date
  from {{ ref('int_canvas_arm') }}
  union all
  -- How many people took a path is not exposed: no units.
  select
    workspace, concat(workspace, '__canvas_step__', step_id) as experiment_id,
    concat(coalesce(canvas_name, canvas_id), ': ', coalesce(step_name, step_id)) as experiment_name,
    'canvas_step' as source, 'path_entry' as unit, arm_id, path_name as arm_name,
    cast(null as bool) as is_control, cast(null as string) as control_basis, cast(null as int64) as n,
    conversions, cast(null as int64) as conversions_1, cast(null as int64) as conversions_2,
    cast(null as int64) as conversions_3, revenue, cast(null as int64) as unit_days, unclosed_days, first_date, last_date,
    cast(null as int64) as window_days, as_of_date
  from {{ ref('int_canvas_step_arm') }}
),
unit_arm as (
  select
    workspace, experiment_id, arm_id, is_control, metric, metric_kind, role, segment, n, value_sum, value_sumsq, value_sumcubes,
    covariate_sum, covariate_sumsq, cross_sum, cap_value, capped_units, cap_rule, nonzero_units, first_date, last_date,
    cast(null as float64) as quantile_level, cast(null as float64) as quantile_value,
    cast(null as float64) as quantile_below, cast(null as float64) as quantile_above, cast(null as string) as uncounted
  from {{ ref('int_experiment_unit_statistic') }}
  union all
  select
    workspace, experiment_id, arm_id, is_control, metric, metric_kind, role, segment, n,
    cast(null as numeric) as value_sum, cast(null as numeric) as value_sumsq, cast(null as float64) as value_sumcubes,
    -- A covariate has no place beside a quantile; its count tells evaluation that there was one.
    cast(nullif(covariates, 0) as numeric) as covariate_sum, cast(null as numeric) as covariate_sumsq,
    cast(null as numeric) as cross_sum, cap_value, capped_units, cast(null as string) as cap_rule,
    cast(null as int64) as nonzero_units, first_date, last_date,
    quantile_level, quantile_value, quantile_below, quantile_above, cast(null as string) as uncounted
  from {{ ref('int_experiment_unit_quantile') }}
  union all
  select
    workspace, experiment_id, arm_id, cast(null as bool) as is_control, metric, metric_kind, role, 'all' as segment, 0 as n,
    cast(0 as numeric) as value_sum, cast(0 as numeric) as value_sumsq, cast(0 as float64) as value_sumcubes,
    cast(null as numeric) as covariate_sum, cast(null as numeric) as covariate_sumsq,
    cast(null as numeric) as cross_sum, cast(null as numeric) as cap_value, cast(null as int64) as capped_units,
    cast(null as string) as cap_rule, cast(null as int64) as nonzero_units, cast(null as date) as first_date, cast(null as date) as last_date,
    quantile_level, cast(null as float64) as quantile_value,
    cast(null as float64) as quantile_below, cast(null as float64) as quantile_above, cast(null as string) as uncounted
  from {{ ref('int_event_arm_waiting') }}
  union all
  select
    workspace, experiment_id, arm_id, cast(null as bool) as is_control, metric, metric_kind, role, 'all' as segment, n,
    cast(n as numeric) as value_sum, cast(n as numeric) as value_sumsq, cast(n as float64) as value_sumcubes,
    cast(null as numeric) as covariate_sum, cast(null as numeric) as covariate_sumsq,
    cast(null as numeric) as cross_sum, cast(null as numeric) as cap_value, cast(null as int64) as capped_units,
    cast(null as string) as cap_rule, cast(null as int64) as nonzero_units, cast(null as date) as first_date, cast(null as date) as last_date,
    cast(null as float64) as quantile_level, cast(null as float64) as quantile_value,
    cast(null as float64) as quantile_below, cast(null as float64) as quantile_above, uncounted
  from {{ ref('int_global_control_waiting') }}
),
group_day as (
  select workspace, max(seen_on) as seen_on
  from {{ ref('int_global_control_export') }}
  where problem is null
  group by workspace
),
event_day as (
  select workspace, max(event_date) as newest_date
  from {{ ref('int_event_unit_day') }}
  group by workspace
)
select
  a.workspace, a.experiment_id, a.experiment_name, a.source, 'rest_totals' as data_grade, a.unit, a.arm_id, a.arm_name,
  a.is_control, a.control_basis, m.metric, m.metric_kind, m.role, 'all' as segment,
  a.n, m.x, m.value_sum, cast(null as numeric) as value_sumsq, cast(null as numeric) as covariate_sum,
  cast(null as numeric) as covariate_sumsq, cast(null as numeric) as cross_sum, cast(null as numeric) as cap_value,
  cast(null as int64) as capped_units, a.unit_days, a.unclosed_days, a.first_date, a.last_date,
  a.window_days, a.as_of_date, cast(null as float64) as value_sumcubes,
  cast(null as float64) as quantile_level, cast(null as float64) as quantile_value,
  cast(null as float64) as quantile_below, cast(null as float64) as quantile_above,
  cast(null as string) as cap_rule, cast(null as int64) as nonzero_units,
  if(a.source = 'canvas_step' and a.n is null, 'path_entries_not_exposed', null) as uncounted
from rest_arm as a
cross join unnest([
  struct('conversion' as metric, 'proportion' as metric_kind, 'primary' as role, a.conversions as x, cast(null as numeric) as value_sum),
  struct('conversion_1' as metric, 'proportion' as metric_kind, 'secondary' as role, a.conversions_1 as x, cast(null as numeric) as value_sum),
  struct('conversion_2' as metric, 'proportion' as metric_kind, 'secondary' as role, a.conversions_2 as x, cast(null as numeric) as value_sum),
  struct('conversion_3' as metric, 'proportion' as metric_kind, 'secondary' as role, a.conversions_3 as x, cast(null as numeric) as value_sum),
  struct('revenue' as metric, 'mean' as metric_kind, 'secondary' as role, cast(null as int64) as x, a.revenue as value_sum)
]) as m
-- Braze reports four conversion events whether they are defined or not: B to D count as metrics once anybody had one.
qualify m.role = 'primary' or m.metric_kind = 'mean' or max(m.x) over (partition by a.workspace, a.experiment_id, m.metric) > 0
union all
select
  u.workspace, experiment_id, if({{ is_global_control('u') }}, 'Global control group', null) as experiment_name,
  case
    when {{ is_global_control('u') }} then 'global_control_group'
    when starts_with(experiment_id, concat(u.workspace, '__event__')) then 'event'
    else 'file'
  end as source,
  'user_rows' as data_grade, 'user' as unit,
  arm_id, if({{ is_global_control('u') }}, replace(arm_id, '_', ' '), arm_id) as arm_name,
  if({{ is_global_control('u') }}, arm_id = 'global_control_group', is_control) as is_control,
  if({{ is_global_control('u') }}, 'reported', 'declared') as control_basis,
  metric, metric_kind, role, segment, n,
  if(metric_kind = 'proportion', cast(value_sum as int64), null) as x,
  if(metric_kind = 'proportion', null, value_sum) as value_sum,
  if(metric_kind = 'proportion', null, value_sumsq) as value_sumsq,
  covariate_sum, covariate_sumsq, cross_sum, cap_value, if(cap_value is null, null, capped_units) as capped_units,
  cast(null as int64) as unit_days, cast(null as int64) as unclosed_days, first_date, last_date,
  cast(null as int64) as window_days,
  -- Events, and exports of the group, go on after the last assignment: how far they reach counts.
  case
    when {{ is_global_control('u') }} then g.seen_on
    when starts_with(experiment_id, concat(u.workspace, '__event__')) then e.newest_date
    else max(last_date) over (partition by u.workspace, experiment_id)
  end as as_of_date,
  if(metric_kind = 'mean', value_sumcubes, null) as value_sumcubes,
  quantile_level, quantile_value, quantile_below, quantile_above,
  cap_rule, if(cap_rule is null, null, nonzero_units) as nonzero_units, uncounted
from unit_arm as u
left join event_day as e on e.workspace = u.workspace
left join group_day as g on g.workspace = u.workspace
union all
-- By message: the first, the second … of each user, as groups of the metric.
select
  workspace, experiment_id, cast(null as string) as experiment_name,
  'file' as source, 'user_rows' as data_grade, 'user' as unit,
  arm_id, arm_id as arm_name, arm_id = 'control' as is_control, 'declared' as control_basis,
  metric, 'proportion' as metric_kind, 'primary' as role, concat('message=', cast(message_number as string)) as segment, sum(n) as n,
  sum(x) as x, cast(null as numeric) as value_sum, cast(null as numeric) as value_sumsq,
  cast(null as numeric) as covariate_sum, cast(null as numeric) as covariate_sumsq, cast(null as numeric) as cross_sum,
  cast(null as numeric) as cap_value, cast(null as int64) as capped_units,
  cast(null as int64) as unit_days, cast(null as int64) as unclosed_days, cast(null as date) as first_date,
  cast(null as date) as last_date, cast(null as int64) as window_days, cast(null as date) as as_of_date,
  cast(null as float64) as value_sumcubes,
  cast(null as float64) as quantile_level, cast(null as float64) as quantile_value,
  cast(null as float64) as quantile_below, cast(null as float64) as quantile_above,
  cast(null as string) as cap_rule, cast(null as int64) as nonzero_units, cast(null as string) as uncounted
from {{ ref('int_ad_clicks_arm_message') }}
group by workspace, experiment_id, arm_id, metric, message_number
