{{ config(materialized='view', tags=['experiments']) }}
-- One row per workspace × experiment × metric × group × arm × day with units. Braze: the day it counted them (company time zone), with
-- the conversions of that day's sends or entries whenever they happened. Single units: the day of their first exposure (UTC). A view:
-- what Braze counted is built by day, what is known of single units is built whole and keeps all days.
select
  workspace, experiment_id, metric, 'all' as segment, arm_id, activity_date, n, x,
  cast(null as numeric) as value_sum, cast(null as numeric) as value_sumsq, cast(null as float64) as value_sumcubes,
  cast(null as numeric) as covariate_sum, cast(null as numeric) as covariate_sumsq, cast(null as numeric) as cross_sum,
  cast(null as int64) as capped_units
from {{ ref('int_experiment_braze_daily') }}
union all
select
  workspace, experiment_id, metric, segment, arm_id, activity_date, n, x, value_sum, value_sumsq, value_sumcubes,
  covariate_sum, covariate_sumsq, cross_sum, capped_units
from {{ ref('int_experiment_unit_daily') }}
