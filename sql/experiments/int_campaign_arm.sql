{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign that is a test × arm, over all days held. A campaign is a test when two of its variations have
-- recipients of their own, or one is a control. Units: a control's are its enrolments, a mail's its unique recipients, which Braze
-- counts once per day: with `unit_days` above 1 somebody may be in `units` more than once.
with newest as (
  select workspace, max(activity_date) as as_of_date
  from {{ ref('stg_braze__campaign_variant_daily') }}
  group by workspace
),
-- The longest time that a conversion of the campaign may take; Braze gives it in seconds.
conversion_window as (
  select
    c.workspace, c.campaign_id,
    max(cast(ceil(safe_cast(json_value(behavior, '$.window') as float64) / 86400) as int64)) as window_days
  from {{ ref('stg_braze__campaign') }} as c
  cross join unnest(json_query_array(c.conversion_behaviors)) as behavior
  group by c.workspace, c.campaign_id
),
test as (
  select workspace, campaign_id
  from {{ ref('int_campaign_variant') }}
  group by workspace, campaign_id
  having countif(has_own_recipients) >= 2 or logical_or(is_control)
),
day as (
  select
    workspace, campaign_id, variation_id, channel, activity_date, data_state,
    if(coalesce(is_control, false), enrolled, unique_recipients) as units,
    conversions_by_send_time, conversions_1_by_send_time, conversions_2_by_send_time, conversions_3_by_send_time,
    revenue, sent, delivered, opens, machine_opens, clicks
  from {{ ref('stg_braze__campaign_variant_daily') }}
),
total as (
  select
    workspace, campaign_id, variation_id,
    sum(units) as units,
    count(distinct if(units > 0, activity_date, null)) as unit_days,
    count(distinct if(data_state != 'closed', activity_date, null)) as unclosed_days,
    sum(conversions_by_send_time) as conversions,
    sum(conversions_1_by_send_time) as conversions_1,
    sum(conversions_2_by_send_time) as conversions_2,
    sum(conversions_3_by_send_time) as conversions_3,
    sum(revenue) as revenue,
    sum(sent) as sent,
    sum(delivered) as delivered,
    sum(opens) as opens,
    sum(machine_opens) as machine_opens,
    sum(clicks) as clicks,
    min(if(units > 0, activity_date, null)) as first_date,
    max(if(units > 0, activity_date, null)) as last_date
  from day
  group by workspace, campaign_id, variation_id
)
select
  v.workspace, v.campaign_id, c.campaign_name, v.variation_id, v.variation_name, true as is_arm, v.is_control,
  coalesce(t.units, 0) as units,
  coalesce(t.unit_days, 0) as unit_days,
  coalesce(t.unclosed_days, 0) as unclosed_days,
  t.conversions, t.conversions_1, t.conversions_2, t.conversions_3, t.revenue,
  t.sent, t.delivered, t.opens, t.machine_opens, t.clicks, t.first_date, t.last_date, w.window_days, n.as_of_date
from {{ ref('int_campaign_variant') }} as v
join test on test.workspace = v.workspace and test.campaign_id = v.campaign_id
left join total as t
  on t.workspace = v.workspace and t.campaign_id = v.campaign_id and t.variation_id = v.variation_id
left join {{ ref('stg_braze__campaign') }} as c
  on c.workspace = v.workspace and c.campaign_id = v.campaign_id
left join conversion_window as w on w.workspace = v.workspace and w.campaign_id = v.campaign_id
left join newest as n on n.workspace = v.workspace
where v.has_own_recipients or v.is_listed
