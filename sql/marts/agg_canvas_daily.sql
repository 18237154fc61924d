{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__canvas_daily': 'activity_date'}, 'lookups': {
    'stg_braze__canvas': {'on': ['workspace', 'canvas_id'], 'columns': ['canvas_name']}
  } }
) }}
-- One row per workspace × Canvas × day (company time zone). A Canvas whose list or details failed stands here with its numbers
-- and without a name.
select
  d.workspace, d.canvas_id, c.canvas_name, d.activity_date,
  d.entries, d.conversions, d.conversions_by_entry_time, d.revenue,
  d.data_state, d.pass as _pass, d._run_id, d._load_id, d._extracted_at
from {{ ref('stg_braze__canvas_daily') }} as d
left join {{ ref('stg_braze__canvas') }} as c
  on c.workspace = d.workspace and c.canvas_id = d.canvas_id
