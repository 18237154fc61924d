{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × window × part: Braze's own sums beside the sums of its series over the same days. They may differ on
-- purpose (Braze says so); a large difference is worth a look.
with series as (
  select
    s.workspace, s.canvas_id, s.from_date, s.until_date,
    sum(d.entries) as entries, sum(d.conversions) as conversions, sum(d.revenue) as revenue
  from {{ ref('stg_braze__canvas_summary') }} as s
  join {{ ref('stg_braze__canvas_daily') }} as d
    on d.workspace = s.workspace and d.canvas_id = s.canvas_id
    and d.activity_date >= s.from_date and d.activity_date < s.until_date
  where s.part = 'total'
  group by s.workspace, s.canvas_id, s.from_date, s.until_date
)
select
  d.workspace, d.canvas_id, d.from_date, d.until_date, d.part, d.part_id, d.part_name,
  d.entries, d.conversions, d.conversions_by_entry_time, d.revenue,
  if(d.part = 'total', series.entries, null) as series_entries,
  if(d.part = 'total', series.conversions, null) as series_conversions,
  if(d.part = 'total', series.revenue, null) as series_revenue,
  d._run_id, d._load_id, d._extracted_at
from {{ ref('stg_braze__canvas_summary') }} as d
left join series
  on series.workspace = d.workspace and series.canvas_id = d.canvas_id and series.from_date = d.from_date
  and series.until_date = d.until_date
