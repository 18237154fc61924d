{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace with an exported global control group × arm that nobody is judged by yet: it is there, with nobody in it. Or,
-- where nobody can be compared, with no count of people and the reason (`uncounted`).
with newest as (
  select workspace, problem
  from {{ ref('int_global_control_export') }}
  qualify row_number() over (partition by workspace order by problem is null desc, exported_at desc, run_id desc) = 1
),
people as (
  select workspace, count(unit_id) as units, logical_or(has_revenue) as has_revenue
  from {{ ref('int_global_control_seen') }}
  group by workspace
),
followed as (
  select distinct workspace
  from (
    {{ global_control_followed() }}
  ) as reached
),
state as (
  select
    n.workspace, coalesce(p.has_revenue, false) as has_revenue,
    case
      when n.problem is not null then n.problem
      when p.units = 0 then 'no_user_ids'
      when not p.has_revenue and f.workspace is null then 'no_user_outcomes'
    end as uncounted
  from newest as n
  left join people as p on p.workspace = n.workspace
  left join followed as f on f.workspace = n.workspace
),
arm as (
  select
    workspace, {{ global_control_experiment() }} as experiment_id, {{ global_control_arm() }} as arm_id, uncounted
  from state
  cross join unnest([true, false]) as is_control
  where has_revenue or uncounted is not null
)
select
  a.workspace, a.experiment_id, a.arm_id, 'revenue_{{ global_control_days() }}d' as metric, 'mean' as metric_kind,
  'primary' as role, if(a.uncounted is null, 0, null) as n, a.uncounted
from arm as a
left join (
  select distinct workspace, arm_id
  from {{ ref('int_global_control_unit_metric') }}
) as judged
  on judged.workspace = a.workspace and judged.arm_id = a.arm_id and a.uncounted is null
where judged.arm_id is null
