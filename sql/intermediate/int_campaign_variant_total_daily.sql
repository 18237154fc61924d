{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__campaign_variant_daily': 'activity_date'} }
) }}
-- One row per workspace × campaign × day (company time zone): what the channels and variations of the day add up to.
-- A counter that no channel of the day reports is null, not zero: in-app messages report no `sent`.
select
  workspace, campaign_id, activity_date,
  string_agg(distinct channel, ',' order by channel) as channels,
  sum(sent) as sent,
  sum(delivered) as delivered,
  sum(opens) as opens,
  sum(unique_opens) as unique_opens,
  sum(machine_opens) as machine_opens,
  sum(clicks) as clicks,
  sum(unique_clicks) as unique_clicks,
  sum(bounces) as bounces,
  sum(unsubscribes) as unsubscribes,
  sum(enrolled) as enrolled,
  max(data_state) as data_state, max(window_from) as window_from, max(window_until) as window_until, max(pass) as pass,
  max(_run_id) as _run_id, max(_load_id) as _load_id, max(_extracted_at) as _extracted_at
from {{ ref('stg_braze__campaign_variant_daily') }}
group by workspace, campaign_id, activity_date
