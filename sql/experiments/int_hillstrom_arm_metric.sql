{{ config(materialized='table', tags=['hillstrom']) }}
-- One row per workspace × arm × metric of the e-mail test: sums over its customers. Those who did nothing count with 0.
with arm as (
  select
    workspace, segment,
    count(*) as n,
    sum(visit) as visits,
    sum(conversion) as conversions,
    sum(spend) as spend,
    -- Squares are added as NUMERIC: a sum of floats would change in its last digits with the order of the rows.
    sum(cast(cast(spend as float64) * cast(spend as float64) as numeric)) as spend_squared
  from {{ ref('stg_hillstrom__customer') }}
  group by workspace, segment
)
select
  workspace, segment, 'visit' as metric, 'proportion' as metric_kind, 'primary' as role,
  n, visits as x, cast(null as numeric) as value_sum, cast(null as numeric) as value_sumsq
from arm
union all
select
  workspace, segment, 'conversion' as metric, 'proportion' as metric_kind, 'secondary' as role,
  n, conversions as x, cast(null as numeric) as value_sum, cast(null as numeric) as value_sumsq
from arm
union all
select
  workspace, segment, 'spend' as metric, 'mean' as metric_kind, 'secondary' as role,
  n, cast(null as int64) as x, spend as value_sum, spend_squared as value_sumsq
from arm
