-- How did each campaign do, day by day? One row per campaign and day (company time zone).
-- Chart: lines over activity_date by campaign_name; filter on campaign_name, channels and activity_date.
-- A rate is of what was delivered. Days with data_state 'open' or 'settling' still grow.
select
  workspace, activity_date, campaign_id, campaign_name, channels, data_state,
  sent, delivered, unique_opens, unique_clicks, unsubscribes, conversions, revenue,
  unique_opens / nullif(delivered, 0) as open_rate,
  unique_clicks / nullif(delivered, 0) as click_rate,
  conversions / nullif(unique_recipients, 0) as conversion_rate
from agg_campaign_daily
order by activity_date desc, sent desc
