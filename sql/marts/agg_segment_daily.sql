{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__segment_daily': 'activity_date'}, 'lookups': {
    'stg_braze__segment': {'on': ['workspace', 'segment_id'], 'columns': ['segment_name']}
  } }
) }}
-- One row per workspace × segment × day (company time zone). Only segments with analytics tracking have sizes, and they are estimates.
select
  d.workspace, d.segment_id, s.segment_name, d.activity_date, d.estimated_size,
  d.data_state, d.pass as _pass, d._run_id, d._load_id, d._extracted_at
from {{ ref('stg_braze__segment_daily') }} as d
left join {{ ref('stg_braze__segment') }} as s on s.workspace = d.workspace and s.segment_id = d.segment_id
