{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__canvas_variant_daily': 'activity_date'}, 'lookups': {
    'int_canvas_arm': {'on': ['workspace', 'canvas_id', 'variation_id'], 'columns': ['is_arm']}
  } }
) }}
-- One row per workspace × Canvas × variation × day (company time zone): its entries, and the conversions of that day's entries whenever
-- they happened. Variations of Canvases that are no test stand here too, as in int_campaign_arm_daily.
select
  d.workspace, d.canvas_id, d.variation_id, d.activity_date, v.is_arm,
  sum(d.entries) as n,
  sum(d.conversions_by_entry_time) as conversions
from {{ ref('stg_braze__canvas_variant_daily') }} as d
left join {{ ref('int_canvas_arm') }} as v
  on v.workspace = d.workspace and v.canvas_id = d.canvas_id and v.variation_id = d.variation_id
where d.variation_id is not null
group by d.workspace, d.canvas_id, d.variation_id, d.activity_date, v.is_arm
