{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__canvas_variant_daily': 'activity_date'}, 'lookups': {
    'int_canvas_variant': {'on': ['workspace', 'canvas_id', 'variation_id'], 'columns': ['variation_name', 'is_control']},
    'stg_braze__canvas': {'on': ['workspace', 'canvas_id'], 'columns': ['canvas_name']}
  } }
) }}
-- One row per workspace × Canvas × variant × day (company time zone), named as metadata names it now (dim_variant_history has the past).
select
  d.workspace, d.canvas_id, c.canvas_name, d.activity_date, d.variation_id,
  coalesce(v.variation_name, d.variation_name) as variation_name, v.is_control,
  d.entries, d.conversions, d.conversions_by_entry_time, d.revenue,
  d.data_state, d.pass as _pass, d._run_id, d._load_id, d._extracted_at
from {{ ref('stg_braze__canvas_variant_daily') }} as d
left join {{ ref('int_canvas_variant') }} as v
  on v.workspace = d.workspace and v.canvas_id = d.canvas_id and v.variation_id = d.variation_id
left join {{ ref('stg_braze__canvas') }} as c on c.workspace = d.workspace and c.canvas_id = d.canvas_id
