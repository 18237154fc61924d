{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__send_daily': 'activity_date', 'stg_braze__send_variant_daily': 'activity_date'}, 'lookups': {
    'stg_braze__campaign': {'on': ['workspace', 'campaign_id'], 'columns': ['campaign_name']}
  } }
) }}
-- One row per workspace × campaign × send × day (company time zone), of the sends that settings name. Braze keeps a send for 14 days.
with counted as (
  select
    workspace, campaign_id, send_id, activity_date,
    sum(sent) as sent, sum(delivered) as delivered, sum(opens) as opens, sum(unique_opens) as unique_opens,
    sum(machine_opens) as machine_opens, sum(clicks) as clicks, sum(unique_clicks) as unique_clicks,
    sum(bounces) as bounces, sum(unsubscribes) as unsubscribes
  from {{ ref('stg_braze__send_variant_daily') }}
  group by workspace, campaign_id, send_id, activity_date
)
select
  d.workspace, d.campaign_id, c.campaign_name, d.send_id, d.activity_date,
  v.sent, v.delivered, v.opens, v.unique_opens, v.machine_opens, v.clicks, v.unique_clicks, v.bounces,
  v.unsubscribes,
  d.unique_recipients, d.conversions, d.conversions_by_send_time, d.revenue,
  d.data_state, d.pass as _pass, d._run_id, d._load_id, d._extracted_at
from {{ ref('stg_braze__send_daily') }} as d
left join counted as v
  on v.workspace = d.workspace and v.campaign_id = d.campaign_id and v.send_id = d.send_id
  and v.activity_date = d.activity_date
left join {{ ref('stg_braze__campaign') }} as c on c.workspace = d.workspace and c.campaign_id = d.campaign_id
