{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × arm: what its units were sent and did beside the metrics, and whether single units, where they
-- are known, are where they belong. Health checks read it.
with braze_arm as (
  select
    workspace, concat(workspace, '__campaign__', campaign_id) as experiment_id, variation_id as arm_id,
    cast(null as int64) as assigned, sent, delivered, opens, machine_opens, clicks
  from {{ ref('int_campaign_arm') }}
  union all
  select
    workspace, concat(workspace, '__canvas__', canvas_id) as experiment_id, variation_id as arm_id,
    units as assigned, cast(null as int64) as sent, cast(null as int64) as delivered,
    cast(null as int64) as opens, cast(null as int64) as machine_opens, cast(null as int64) as clicks
  from {{ ref('int_canvas_arm') }}
  union all
  select
    workspace, concat(workspace, '__canvas_step__', step_id) as experiment_id, arm_id,
    cast(null as int64) as assigned, sent, delivered, opens, machine_opens, clicks
  from {{ ref('int_canvas_step_arm') }}
),
assigned_arm as (
  select
    workspace, experiment_id, arm_id, count(*) as assigned, countif(arms_seen > 1) as crossed_units
  from {{ ref('exp_assignment') }}
  group by workspace, experiment_id, arm_id
),
-- Values beyond one per unit and metric; a unit that was seen in two arms is told by the assignments.
repeated as (
  select workspace, experiment_id, arm_id, sum(extra) as duplicate_rows
  from (
    select workspace, experiment_id, arm_id, metric, unit_id, count(*) - 1 as extra
    from {{ ref('exp_unit_metric') }}
    group by workspace, experiment_id, arm_id, metric, unit_id
    having count(*) > 1
  ) as several
  group by workspace, experiment_id, arm_id
),
measured as (
  select workspace, experiment_id, arm_id
  from {{ ref('int_experiment_unit_statistic') }}
  union distinct
  select workspace, experiment_id, arm_id
  from {{ ref('int_experiment_unit_quantile') }}
)
select
  coalesce(b.workspace, a.workspace) as workspace,
  coalesce(b.experiment_id, a.experiment_id) as experiment_id,
  coalesce(b.arm_id, a.arm_id) as arm_id,
  coalesce(a.assigned, b.assigned) as assigned,
  b.sent, b.delivered, b.opens, b.machine_opens, b.clicks, a.crossed_units,
  if(m.arm_id is null, null, coalesce(r.duplicate_rows, 0)) as duplicate_rows
from braze_arm as b
full outer join assigned_arm as a
  on a.workspace = b.workspace and a.experiment_id = b.experiment_id and a.arm_id = b.arm_id
left join measured as m
  on m.workspace = a.workspace and m.experiment_id = a.experiment_id and m.arm_id = a.arm_id
left join repeated as r
  on r.workspace = a.workspace and r.experiment_id = a.experiment_id and r.arm_id = a.arm_id
