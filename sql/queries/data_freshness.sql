-- Can I trust today's numbers? How far each table reaches, and how many of its days may still change.
-- Chart: a table at the top of each dashboard. Days are in time_zone, instants UTC.
select
  workspace, table_name, time_zone, newest_date, days_open, days_settling, days_closed, row_count,
  last_extracted_at, last_loaded_at
from ops_freshness
order by workspace, table_name
