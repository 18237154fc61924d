{{ config(materialized='ephemeral', tags=['event-stream']) }}
-- One row per workspace × load × row of its file of events, its text cast to types. Instants without a zone are UTC. A row that
-- does not cast, or lies outside its run's window, keeps its reason. Nothing is stored of it: what reads it takes new loads, or the
-- loads that own a day.
with received as (
  select
    workspace, _source_sha256 as file_sha256, _row_number as row_number,
    nullif(trim(event_time), '') as event_time_text,
    nullif(trim(user_id), '') as user_id,
    nullif(trim(event_type), '') as event_type,
    nullif(trim(transaction_category), '') as transaction_category,
    nullif(trim(miles_amount), '') as miles_amount_text,
    nullif(trim(platform), '') as platform,
    nullif(trim(utm_source), '') as utm_source,
    nullif(trim(country), '') as country,
    data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
  from {{ source('raw', 'raw_event_stream') }}
),
typed as (
  select
    *,
    -- The shape is asked for first: engines differ in what else they would take for an instant ('infinity').
    if(
      regexp_contains(event_time_text, r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}'), safe_cast(event_time_text as timestamp), null
    ) as event_time,
    safe_cast(miles_amount_text as numeric) as miles_amount
  from received
),
checked as (
  select
    *,
    date(event_time) as event_date,
    case
      when event_time is null then 'event_time'
      when user_id is null then 'user_id'
      when event_type is null then 'event_type'
      when miles_amount_text is not null and miles_amount is null then 'miles_amount'
      when date(event_time) < window_from or date(event_time) >= window_until then 'event_time'
    end as reject_column
  from typed
)
select
  workspace, file_sha256, row_number, event_time, event_date, user_id, event_type, transaction_category,
  miles_amount, platform, utm_source, country,
  reject_column,
  case reject_column when 'event_time' then event_time_text when 'miles_amount' then miles_amount_text end as reject_value,
  case
    when reject_column is null then null
    when reject_column = 'miles_amount' then 'not_a_number'
    when reject_column in ('user_id', 'event_type') or event_time_text is null then 'missing'
    when event_time is null then 'not_a_timestamp'
    else 'outside_window'
  end as reject_reason,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from checked
