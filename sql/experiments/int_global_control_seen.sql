{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × export × person who could have been messaged, with the side on which the export shows the person; of the
-- group that is there now. A group is changed by making another one of other people: where of the people in two exports in a row
-- more changed sides than stayed in the group, another group began, and what was before is of another test. Days are UTC.
with person as (
  select
    e.workspace, e.export_number, e.seen_on, e.has_revenue, r.braze_id,
    -- Files repeat people now and then.
    max(nullif(r.external_id, '')) as unit_id,
    logical_or(r.exported_from = 'global_control_group') as is_control,
    -- Of the same export for both sides: the group's own is of another instant. Braze leaves out what is nothing.
    coalesce(max(if({{ is_global_control_population() }}, r.total_revenue, null)), 0) as total_revenue
  from {{ source('raw', 'raw_user_export') }} as r
  join {{ ref('int_global_control_export') }} as e on e.workspace = r.workspace and e.run_id = r._run_id
  where e.problem is null
  group by e.workspace, e.export_number, e.seen_on, e.signed_up_before, e.has_revenue, r.braze_id
  -- Whoever signed up on the day of the export comes with the next one.
  having logical_or({{ is_global_control_population() }})
    and coalesce(date(max(r.created_at)) < e.signed_up_before, true)
),
changed as (
  select now.workspace, now.export_number
  from person as now
  join person as before
    on before.workspace = now.workspace
    and before.braze_id = now.braze_id
    and before.export_number = now.export_number - 1
  group by now.workspace, now.export_number
  having countif(now.is_control <> before.is_control) > countif(now.is_control and before.is_control)
),
begun as (
  select workspace, max(export_number) as first_number
  from changed
  group by workspace
)
select
  p.workspace, p.export_number, p.seen_on, p.has_revenue, p.braze_id, p.unit_id, p.is_control, p.total_revenue,
  b.first_number is not null as is_another_group
from person as p
left join begun as b on b.workspace = p.workspace
where p.export_number >= coalesce(b.first_number, 1)
