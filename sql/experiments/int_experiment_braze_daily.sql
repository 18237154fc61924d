{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['experiments'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'int_campaign_arm_daily': 'activity_date', 'int_canvas_arm_daily': 'activity_date'} }
) }}
-- One row per workspace × experiment × metric × arm × day with units that Braze counted (company time zone).
select
  d.workspace, concat(d.workspace, '__campaign__', d.campaign_id) as experiment_id, m.metric,
  d.variation_id as arm_id, d.activity_date, d.n, m.x
from {{ ref('int_campaign_arm_daily') }} as d
cross join unnest([
  struct('conversion' as metric, d.conversions as x),
  struct('conversion_1' as metric, d.conversions_1 as x),
  struct('conversion_2' as metric, d.conversions_2 as x),
  struct('conversion_3' as metric, d.conversions_3 as x)
]) as m
where d.is_arm and d.n > 0 and m.x is not null
union all
select
  workspace, concat(workspace, '__canvas__', canvas_id) as experiment_id, 'conversion' as metric,
  variation_id as arm_id, activity_date, n, conversions as x
from {{ ref('int_canvas_arm_daily') }}
where is_arm and n > 0
