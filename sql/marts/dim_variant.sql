{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × source × campaign or Canvas × variation, from metadata and from what the daily series reported.
select
  v.workspace, 'campaign' as source, v.campaign_id as object_id, c.campaign_name as object_name,
  v.variation_id, v.variation_name, v.channel, v.is_control,
  if(v.is_control, 'reported', null) as control_basis,
  v.is_listed, v.first_date, v.last_date
from {{ ref('int_campaign_variant') }} as v
left join {{ ref('stg_braze__campaign') }} as c
  on c.workspace = v.workspace and c.campaign_id = v.campaign_id
union all
select
  v.workspace, 'canvas' as source, v.canvas_id as object_id, c.canvas_name as object_name,
  v.variation_id, v.variation_name, cast(null as string) as channel, v.is_control,
  if(v.is_control, 'no_first_step', null) as control_basis,
  v.is_listed, v.first_date, v.last_date
from {{ ref('int_canvas_variant') }} as v
left join {{ ref('stg_braze__canvas') }} as c
  on c.workspace = v.workspace and c.canvas_id = v.canvas_id
