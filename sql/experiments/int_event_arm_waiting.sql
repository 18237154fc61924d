{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment over events × arm × metric that nobody is judged by yet: it is there, with nobody in it.
with arm as (
  select distinct workspace, experiment_id, arm_id
  from (
    {{ event_assignments() }}
  ) as assigned
  where not {{ is_global_control('assigned') }}
  union all
  select workspace, {{ global_control_experiment() }} as experiment_id, {{ global_control_arm() }} as arm_id
  from (
    {{ global_control_followed() }}
  ) as followed
  cross join unnest([true, false]) as is_control
),
judged as (
  select distinct workspace, experiment_id, arm_id, metric
  from {{ ref('int_event_unit_metric') }}
)
select a.workspace, a.experiment_id, a.arm_id, m.metric, m.metric_kind, m.role, m.quantile_level
from arm as a
cross join unnest([
  {%- for m in var('event_metrics') %}
  struct({{ event_metric_words(m) }}){% if not loop.last %},{% endif %}
  {%- endfor %}
]) as m
left join judged as j
  on j.workspace = a.workspace and j.experiment_id = a.experiment_id and j.arm_id = a.arm_id and j.metric = m.metric
where j.metric is null and not (m.metric_kind = 'cuped' and {{ is_global_control('a') }})
