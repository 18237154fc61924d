{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign × day (company time zone). Names come from metadata by a left join: a campaign whose list or
-- details failed stands here with its numbers and without a name. `unique_recipients`, conversions and revenue are the
-- campaign's own figures; the channel counters are sums over its variations.
select
  coalesce(d.workspace, v.workspace) as workspace,
  coalesce(d.campaign_id, v.campaign_id) as campaign_id,
  c.campaign_name,
  coalesce(d.activity_date, v.activity_date) as activity_date,
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
left join {{ ref('stg_braze__campaign') }} as c
  on c.workspace = coalesce(d.workspace, v.workspace) and c.campaign_id = coalesce(d.campaign_id, v.campaign_id)
