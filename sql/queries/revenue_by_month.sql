-- What do campaigns and Canvases bring per month? One row per month and programme kind. Revenue as Braze attributes it: campaigns
-- and Canvases may both claim a purchase, so their sum is not the shop's revenue.
-- Chart: stacked columns by year and month.
with daily as (
  select workspace, 'campaign' as programme, activity_date, revenue, conversions from agg_campaign_daily
  union all
  select workspace, 'canvas' as programme, activity_date, revenue, conversions from agg_canvas_daily
)
select
  workspace, programme, extract(year from activity_date) as calendar_year,
  extract(month from activity_date) as calendar_month, sum(conversions) as conversions, sum(revenue) as revenue
from daily
group by workspace, programme, extract(year from activity_date), extract(month from activity_date)
order by calendar_year, calendar_month, programme
