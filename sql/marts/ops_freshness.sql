{{ config(materialized='table', tags=['publish']) }}
-- One row per workspace × table: up to which day it reaches, how many of its days can still change, when it was last read and
-- loaded. Days are in `time_zone`; instants are UTC. A table without days has null there.
with held as (
  select
    workspace, 'braze' as pipeline, 'agg_campaign_daily' as table_name, 'raw_campaign_daily' as raw_table,
    'company' as time_zone, activity_date, data_state, _extracted_at
  from {{ ref('agg_campaign_daily') }}
  union all
  select
    workspace, 'braze' as pipeline, 'agg_canvas_daily' as table_name, 'raw_canvas_daily' as raw_table,
    'company' as time_zone, activity_date, data_state, _extracted_at
  from {{ ref('agg_canvas_daily') }}
  union all
  select
    workspace, 'event-stream' as pipeline, 'stg_event_stream__event' as table_name, 'raw_event_stream' as raw_table,
    'UTC' as time_zone, event_date as activity_date, data_state, _extracted_at
  from {{ ref('stg_event_stream__event') }}
  union all
  select
    workspace, 'hillstrom' as pipeline, 'stg_hillstrom__customer' as table_name, 'raw_hillstrom' as raw_table,
    'UTC' as time_zone, cast(null as date) as activity_date, data_state, _extracted_at
  from {{ ref('stg_hillstrom__customer') }}
),
loaded as (
  select workspace, pipeline, table_name, max(loaded_at) as last_loaded_at
  from {{ ref('stg_ledger__load') }}
  group by workspace, pipeline, table_name
)
select
  h.workspace, h.pipeline, h.table_name, h.time_zone,
  count(*) as row_count,
  min(h.activity_date) as first_date,
  max(h.activity_date) as newest_date,
  count(distinct if(h.data_state = 'open', h.activity_date, null)) as days_open,
  count(distinct if(h.data_state = 'settling', h.activity_date, null)) as days_settling,
  count(distinct if(h.data_state = 'closed', h.activity_date, null)) as days_closed,
  max(h._extracted_at) as last_extracted_at,
  max(l.last_loaded_at) as last_loaded_at
from held as h
left join loaded as l
  on l.workspace = h.workspace and l.pipeline = h.pipeline and l.table_name = h.raw_table
group by h.workspace, h.pipeline, h.table_name, h.time_zone
