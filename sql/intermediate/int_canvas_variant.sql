{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × variation that details list or any day reported. Braze names no control of a Canvas: a variant
-- that leads to no step is taken for one (and said to be inferred); without details `is_control` is unknown, hence null.
with reported as (
  select
    workspace, canvas_id, variation_id,
    max(variation_name) as variation_name,
    min(activity_date) as first_date,
    max(activity_date) as last_date
  from {{ ref('stg_braze__canvas_variant_daily') }}
  where variation_id is not null
  group by workspace, canvas_id, variation_id
)
select
  coalesce(d.workspace, r.workspace) as workspace,
  coalesce(d.canvas_id, r.canvas_id) as canvas_id,
  coalesce(d.variation_id, r.variation_id) as variation_id,
  coalesce(d.variation_name, r.variation_name) as variation_name,
  array_length(json_value_array(d.first_step_ids)) = 0 as is_control,
  d.variation_id is not null as is_listed,
  r.first_date,
  r.last_date
from {{ ref('stg_braze__canvas_variant') }} as d
full outer join reported as r
  on r.workspace = d.workspace and r.canvas_id = d.canvas_id and r.variation_id = d.variation_id
