{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign × variation that details list or any day reported. `has_own_recipients`: its days carry
-- recipients or enrolments of their own, which is how an arm of a test differs from one channel of an ordinary campaign.
with reported as (
  select
    workspace, campaign_id, variation_id,
    max(variation_name) as variation_name,
    string_agg(distinct channel, ',' order by channel) as channel,
    logical_or(coalesce(is_control, false) or enrolled is not null) as is_control,
    logical_or(unique_recipients is not null or enrolled is not null) as has_own_recipients,
    min(activity_date) as first_date,
    max(activity_date) as last_date
  from {{ ref('stg_braze__campaign_variant_daily') }}
  where variation_id is not null
  group by workspace, campaign_id, variation_id
)
select
  coalesce(d.workspace, r.workspace) as workspace,
  coalesce(d.campaign_id, r.campaign_id) as campaign_id,
  coalesce(d.variation_id, r.variation_id) as variation_id,
  coalesce(d.variation_name, r.variation_name) as variation_name,
  coalesce(d.channel, r.channel) as channel,
  coalesce(d.is_control, false) or coalesce(r.is_control, false) as is_control,
  d.variation_id is not null as is_listed,
  coalesce(r.has_own_recipients, false) as has_own_recipients,
  r.first_date,
  r.last_date
from {{ ref('stg_braze__campaign_variant') }} as d
full outer join reported as r
  on r.workspace = d.workspace and r.campaign_id = d.campaign_id and r.variation_id = d.variation_id
