{# The experiment that the global control group of a workspace makes. Its arms: `global_control_group`, `everybody_else`. #}
{% macro global_control_experiment() %}concat(workspace, '__global_control_group'){% endmacro %}

{% macro is_global_control(relation) %}{{ relation }}.experiment_id = concat({{ relation }}.workspace, '__global_control_group'){% endmacro %}

{% macro global_control_arm() %}if(is_control, 'global_control_group', 'everybody_else'){% endmacro %}

{# Rows of user exports that tell who could have been messaged: the segments that the var names, or any. #}
{% macro is_global_control_population() %}
  {%- set named = var('global_control_population') -%}
  {%- for segment in named %}{% if "'" in segment or '\\' in segment %}{{ exceptions.raise_compiler_error('var global_control_population: ' ~ segment ~ ' is no id of a segment') }}{% endif %}{% endfor -%}
  exported_from = 'segment'{% if named | length > 0 %} and segment_id in ('{{ named | join("', '") }}'){% endif %}
{%- endmacro %}

{# What a person's revenue is counted over, in whole days. #}
{% macro global_control_days() %}
  {%- set days = var('global_control_revenue_days') -%}
  {%- if days // 1 != days or days < 1 or days > 365 %}{{ exceptions.raise_compiler_error('var global_control_revenue_days is no whole number of days from 1 to 365') }}{% endif -%}
  {{ days }}
{%- endmacro %}

{# Workspaces whose event stream goes on after the first export of the group: there its people are judged by events too. #}
{% macro global_control_followed() %}
  select u.workspace
  from (
    select workspace, min(assigned_date) as first_date
    from {{ ref('int_global_control_unit') }}
    group by workspace
  ) as u
  join (
    select workspace, max(event_date) as newest_date
    from {{ ref('int_event_unit_day') }}
    group by workspace
  ) as e on e.workspace = u.workspace and e.newest_date >= u.first_date
{%- endmacro %}
