{{ config(materialized='table', tags=['hillstrom']) }}
-- One row per workspace × customer × metric of the e-mail test. Those who did nothing count with 0. `covariate` is money spent in the
-- year before, so it cannot know of the mail. Spend is cut at P99.9 of those who spent, over all arms together (never per arm), and from
-- the evaluation on that froze it at what it was then.
with customer as (
  select
    workspace, concat(workspace, '__file__hillstrom') as experiment_id,
    concat(file_sha256, '-', cast(row_number as string)) as unit_id, segment as arm_id,
    cast(visit as numeric) as visit, cast(conversion as numeric) as conversion, spend,
    coalesce(history, 0) as history,
    concat('channel=', coalesce(channel, 'none'), '|newbie=', coalesce(cast(newbie as string), 'none')) as segments
  from {{ ref('stg_hillstrom__customer') }}
),
ruled as (
  select
    *, 'quantile {{ var('spend_cap_quantile') }} of spend other than 0' as cap_rule,
    cast(percentile_cont(nullif(spend, 0), {{ var('spend_cap_quantile') }}) over (partition by workspace) as numeric) as cap_now
  from customer
),
capped as (
  select r.*, coalesce(f.cap_value, r.cap_now) as cap_value
  from ruled as r
  left join {{ ref('int_experiment_cap') }} as f
    on f.workspace = r.workspace and f.experiment_id = r.experiment_id
    and f.metric = 'spend_capped' and f.cap_rule = r.cap_rule
)
select
  c.workspace, c.experiment_id, c.unit_id, c.arm_id, c.arm_id = 'No E-Mail' as is_control,
  m.metric, m.metric_kind, m.role, m.value, m.covariate, m.cap_value, m.cap_rule, m.quantile_level,
  cast(null as date) as exposed_date, c.segments
from capped as c
cross join unnest([
  struct('visit' as metric, 'proportion' as metric_kind, 'primary' as role, c.visit as value, cast(null as numeric) as covariate, cast(null as numeric) as cap_value, cast(null as string) as cap_rule, cast(null as float64) as quantile_level),
  struct('conversion' as metric, 'proportion' as metric_kind, 'secondary' as role, c.conversion as value, cast(null as numeric) as covariate, cast(null as numeric) as cap_value, cast(null as string) as cap_rule, cast(null as float64) as quantile_level),
  struct('spend' as metric, 'mean' as metric_kind, 'secondary' as role, c.spend as value, cast(null as numeric) as covariate, cast(null as numeric) as cap_value, cast(null as string) as cap_rule, cast(null as float64) as quantile_level),
  struct('spend_capped' as metric, 'mean' as metric_kind, 'secondary' as role, least(c.spend, coalesce(c.cap_value, c.spend)) as value, cast(null as numeric) as covariate, c.cap_value as cap_value, c.cap_rule as cap_rule, cast(null as float64) as quantile_level),
  struct('spend_cuped' as metric, 'cuped' as metric_kind, 'secondary' as role, c.spend as value, c.history as covariate, cast(null as numeric) as cap_value, cast(null as string) as cap_rule, cast(null as float64) as quantile_level),
  struct('spend_p999' as metric, 'quantile' as metric_kind, 'secondary' as role, c.spend as value, cast(null as numeric) as covariate, cast(null as numeric) as cap_value, cast(null as string) as cap_rule, cast(0.999 as float64) as quantile_level)
]) as m
