{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment over events × arm × metric that nobody is judged by yet: it is there, with nobody in it.
with arm as (
  select distinct workspace, experiment_id, arm_id
  from (
    {{ event_assignments() }}
  ) as assigned
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
where j.metric is null
