{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__campaign_variant_daily': 'activity_date'}, 'lookups': {
    'int_campaign_arm': {'on': ['workspace', 'campaign_id', 'variation_id'], 'columns': ['is_arm', 'is_control']}
  } }
) }}
-- One row per workspace × campaign × variation × day (company time zone): its units, and the conversions of that day's sends whenever
-- they happened. Variations that are no arm of a test stand here too, so that the days of one that becomes an arm are found. Units as
-- in int_campaign_arm: a control's are its enrolments.
select
  d.workspace, d.campaign_id, d.variation_id, d.activity_date, v.is_arm, v.is_control,
  sum(if(coalesce(v.is_control, false), d.enrolled, d.unique_recipients)) as n,
  sum(d.conversions_by_send_time) as conversions,
  sum(d.conversions_1_by_send_time) as conversions_1,
  sum(d.conversions_2_by_send_time) as conversions_2,
  sum(d.conversions_3_by_send_time) as conversions_3
from {{ ref('stg_braze__campaign_variant_daily') }} as d
left join {{ ref('int_campaign_arm') }} as v
  on v.workspace = d.workspace and v.campaign_id = d.campaign_id and v.variation_id = d.variation_id
where d.variation_id is not null
group by d.workspace, d.campaign_id, d.variation_id, d.activity_date, v.is_arm, v.is_control
