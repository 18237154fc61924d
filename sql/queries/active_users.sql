-- How many people are active, and how often do they come back? One row per day (UTC), from the event stream.
-- Chart: dau, wau and mau as lines; stickiness (dau ÷ mau) on a second axis. Trailing figures are whole once days_observed reaches 30.
select workspace, activity_date, dau, wau, mau, days_observed, dau / nullif(mau, 0) as stickiness
from agg_active_users_daily
order by activity_date
