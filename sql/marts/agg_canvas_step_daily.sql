{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__canvas_step_daily': 'activity_date', 'int_canvas_step_message_daily': 'activity_date'}, 'lookups': {
    'int_canvas_step': {'on': ['workspace', 'canvas_id', 'step_id'], 'columns': ['canvas_name', 'step_name', 'step_type', 'is_deleted']}
  } }
) }}
-- One row per workspace × Canvas × step × day (company time zone). Steps that left the Canvas still have numbers. Step conversions need not
-- add up to those of the variants.
select
  d.workspace, d.canvas_id, s.canvas_name, d.activity_date, d.step_id, s.step_name, s.step_type, s.is_deleted, m.channels,
  m.sent, m.delivered, m.opens, m.unique_opens, m.machine_opens, m.clicks, m.unique_clicks, m.bounces, m.unsubscribes,
  d.conversions, d.conversions_by_entry_time, d.revenue,
  d.data_state, d.pass as _pass, d._run_id, d._load_id, d._extracted_at
from {{ ref('stg_braze__canvas_step_daily') }} as d
left join {{ ref('int_canvas_step_message_daily') }} as m
  on m.workspace = d.workspace and m.canvas_id = d.canvas_id and m.step_id = d.step_id
  and m.activity_date = d.activity_date
left join {{ ref('int_canvas_step') }} as s
  on s.workspace = d.workspace and s.canvas_id = d.canvas_id and s.step_id = d.step_id
