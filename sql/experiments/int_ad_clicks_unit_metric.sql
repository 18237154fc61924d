{{ config(materialized='table', tags=['ad-clicks']) }}
-- One row per workspace × user × metric of the advertisement test. A user counts once, from the first impression, whatever number
-- of impressions followed; a click on any of them counts.
with viewer as (
  select
    workspace, user_id, experiment_group, device, country, shown_at,
    max(clicked) over (partition by workspace, user_id) as clicked
  from {{ ref('stg_ad_clicks__impression') }}
  qualify row_number() over (
      partition by workspace, user_id, experiment_group
      order by shown_at, event_id
    ) = 1
)
select
  workspace, concat(workspace, '__file__ad-clicks') as experiment_id, user_id as unit_id,
  experiment_group as arm_id, experiment_group = 'control' as is_control,
  'click' as metric, 'proportion' as metric_kind, 'primary' as role,
  cast(clicked as numeric) as value, cast(null as numeric) as covariate, cast(null as numeric) as cap_value,
  cast(null as string) as cap_rule, cast(null as float64) as quantile_level,
  date(shown_at) as exposed_date, concat('device=', coalesce(device, 'none')) as segments
from viewer
