{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__campaign_daily': 'activity_date', 'int_campaign_variant_total_daily': 'activity_date'}, 'lookups': {
    'stg_braze__campaign': {'on': ['workspace', 'campaign_id'], 'columns': ['campaign_name']}
  } }
) }}
-- One row per workspace × campaign × day (company time zone). Names come from metadata by a left join: a campaign whose list or
-- details failed stands here with its numbers and without a name. `unique_recipients`, conversions and revenue are the
-- campaign's own figures; the channel counters are sums over its variations. A counter that no channel reports is null; on a day
-- without any variation and without a recipient (a draft) nothing was sent, so the counters are 0.
with day as (
  select
    coalesce(d.workspace, v.workspace) as workspace,
    coalesce(d.campaign_id, v.campaign_id) as campaign_id,
    coalesce(d.activity_date, v.activity_date) as activity_date,
    if(v.campaign_id is null and d.unique_recipients = 0, 0, null) as nothing,
    v.channels,
    v.sent, v.delivered, v.opens, v.unique_opens, v.machine_opens, v.clicks, v.unique_clicks, v.bounces, v.unsubscribes,
    v.enrolled,
    d.unique_recipients,
    d.conversions, d.conversions_1, d.conversions_2, d.conversions_3,
    d.conversions_by_send_time, d.conversions_1_by_send_time, d.conversions_2_by_send_time, d.conversions_3_by_send_time,
    d.revenue,
    coalesce(d.data_state, v.data_state) as data_state,
    coalesce(d.pass, v.pass) as _pass,
    coalesce(d._run_id, v._run_id) as _run_id,
    coalesce(d._load_id, v._load_id) as _load_id,
    coalesce(d._extracted_at, v._extracted_at) as _extracted_at
  from {{ ref('stg_braze__campaign_daily') }} as d
  full outer join {{ ref('int_campaign_variant_total_daily') }} as v
    on v.workspace = d.workspace and v.campaign_id = d.campaign_id and v.activity_date = d.activity_date
)
select
  day.workspace, day.campaign_id, c.campaign_name, day.activity_date, day.channels,
  coalesce(day.sent, day.nothing) as sent,
  coalesce(day.delivered, day.nothing) as delivered,
  coalesce(day.opens, day.nothing) as opens,
  coalesce(day.unique_opens, day.nothing) as unique_opens,
  coalesce(day.machine_opens, day.nothing) as machine_opens,
  coalesce(day.clicks, day.nothing) as clicks,
  coalesce(day.unique_clicks, day.nothing) as unique_clicks,
  coalesce(day.bounces, day.nothing) as bounces,
  coalesce(day.unsubscribes, day.nothing) as unsubscribes,
  day.enrolled, day.unique_recipients,
  day.conversions, day.conversions_1, day.conversions_2, day.conversions_3,
  day.conversions_by_send_time, day.conversions_1_by_send_time, day.conversions_2_by_send_time,
  day.conversions_3_by_send_time,
  day.revenue, day.data_state, day._pass, day._run_id, day._load_id, day._extracted_at
from day
left join {{ ref('stg_braze__campaign') }} as c on c.workspace = day.workspace and c.campaign_id = day.campaign_id
