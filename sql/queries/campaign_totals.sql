-- Which campaigns bring the most? One row per campaign, over all days that are held.
-- Chart: bars of revenue by campaign_name; table beside it. Unique opens are added up over days, so a person may count on several.
select
  workspace, campaign_id, campaign_name,
  min(activity_date) as first_date, max(activity_date) as last_date,
  sum(sent) as sent, sum(conversions) as conversions, sum(revenue) as revenue,
  sum(unique_opens) / nullif(sum(delivered), 0) as open_rate,
  sum(unsubscribes) / nullif(sum(delivered), 0) as unsubscribe_rate,
  sum(revenue) / nullif(sum(sent), 0) as revenue_per_message
from agg_campaign_daily
group by workspace, campaign_id, campaign_name
order by revenue desc
