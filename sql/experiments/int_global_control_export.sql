{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × run that exported the global control group, and whether it can be compared with: the same run has to have
-- exported those who could have been messaged, from one segment, or from the segments that the var `global_control_population` names.
-- Braze tells who is in the group now and keeps no history: what is known of it are these exports. Days are UTC.
with counted as (
  select
    workspace, _run_id,
    max(_extracted_at) as exported_at,
    -- The run's exports are of several instants: who signed up on the first one's day may be in one of them alone.
    date(min(_extracted_at)) as signed_up_before,
    date(max(_extracted_at)) as seen_on,
    countif(exported_from = 'global_control_group') as group_rows,
    count(distinct if({{ is_global_control_population() }}, segment_id, null)) as segments,
    countif({{ is_global_control_population() }} and total_revenue is not null) > 0 as has_revenue
  from {{ source('raw', 'raw_user_export') }}
  where exported_from = 'global_control_group' or {{ is_global_control_population() }}
  group by workspace, _run_id
),
judged as (
  select
    workspace, _run_id, exported_at, signed_up_before, seen_on, group_rows, has_revenue,
    case
      when segments = 0 then 'no_population'
      {%- if var('global_control_population') | length == 0 %}
      when segments > 1 then 'several_populations'
      {%- endif %}
    end as problem
  from counted
  where group_rows > 0
)
select
  workspace, _run_id as run_id, exported_at, signed_up_before, seen_on, group_rows, has_revenue, problem,
  if(
    problem is null, row_number() over (partition by workspace, problem is null order by exported_at, _run_id), null
  ) as export_number
from judged
