{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__canvas_step_daily': 'activity_date'} }
) }}
-- One row per workspace × Canvas × step × day (company time zone) with messages: what its channels counted, under common names. A counter
-- that no channel of the step reports is null, not zero.
with entry as (
  select
    d.workspace, d.canvas_id, d.step_id, d.activity_date, message
  from {{ ref('stg_braze__canvas_step_daily') }} as d
  cross join unnest(json_query_array(d.messages)) as message
)
select
  workspace, canvas_id, step_id, activity_date,
  string_agg(distinct json_value(message, '$.channel'), ',' order by json_value(message, '$.channel')) as channels,
  sum(safe_cast(json_value(message, '$.sent') as int64)) as sent,
  sum(safe_cast(json_value(message, '$.delivered') as int64)) as delivered,
  sum(coalesce(
      safe_cast(json_value(message, '$.opens') as int64),
      safe_cast(json_value(message, '$.total_opens') as int64),
      safe_cast(json_value(message, '$.read') as int64),
      safe_cast(json_value(message, '$.total_impressions') as int64),
      safe_cast(json_value(message, '$.impressions') as int64)
    )) as opens,
  sum(coalesce(
      safe_cast(json_value(message, '$.unique_opens') as int64),
      safe_cast(json_value(message, '$.unique_impressions') as int64)
    )) as unique_opens,
  sum(coalesce(
      safe_cast(json_value(message, '$.machine_open') as int64),
      safe_cast(json_value(message, '$.machine_opens') as int64)
    )) as machine_opens,
  sum(coalesce(
      safe_cast(json_value(message, '$.clicks') as int64),
      safe_cast(json_value(message, '$.body_clicks') as int64),
      safe_cast(json_value(message, '$.total_clicks') as int64)
    )) as clicks,
  sum(safe_cast(json_value(message, '$.unique_clicks') as int64)) as unique_clicks,
  sum(safe_cast(json_value(message, '$.bounces') as int64)) as bounces,
  sum(coalesce(
      safe_cast(json_value(message, '$.unsubscribes') as int64),
      safe_cast(json_value(message, '$.opt_out') as int64)
    )) as unsubscribes
from entry
group by workspace, canvas_id, step_id, activity_date
