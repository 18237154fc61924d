-- How many people entered each Canvas, and how many converted? One row per Canvas and day (company time zone).
-- Chart: entries as columns, conversion_rate as a line, by activity_date.
select
  workspace, activity_date, canvas_id, canvas_name, data_state, entries, conversions, revenue,
  conversions / nullif(entries, 0) as conversion_rate
from agg_canvas_daily
order by activity_date desc, entries desc
