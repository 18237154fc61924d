{# Assignments of experiments that are judged by events: those whose ids say so, and the sides of the global control group, of who was seen
   on one. `known_until`: the day up to which an assignment is known to have held; null where it holds for good. #}
{% macro event_assignments() %}
  select workspace, experiment_id, unit_id, arm_id, assigned_at, cast(null as date) as known_until
  from {{ ref('stg_assignments__assignment') }}
  where starts_with(experiment_id, concat(workspace, '__event__'))
  union all
  select workspace, experiment_id, unit_id, arm_id, cast(assigned_date as timestamp) as assigned_at, known_until
  from {{ ref('int_global_control_unit') }}
  where arms_seen = 1
{%- endmacro %}
