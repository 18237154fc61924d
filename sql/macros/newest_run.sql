{# The newest run of each workspace, where a file replaces the one before it whole. Runs are few: they are put in order, not the rows. #}
{% macro newest_run(relation) %}
  select workspace, _run_id
  from {{ relation }}
  group by workspace, _run_id
  qualify row_number() over (
      partition by workspace
      order by max(_extracted_at) desc, max(pass) desc, _run_id desc
    ) = 1
{%- endmacro %}
