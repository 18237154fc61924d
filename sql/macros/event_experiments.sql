{# Assignments of experiments over events: their ids say so. #}
{% macro event_assignments() %}
  select workspace, experiment_id, unit_id, arm_id, assigned_at
  from {{ ref('stg_assignments__assignment') }}
  where starts_with(experiment_id, concat(workspace, '__event__'))
{%- endmacro %}
