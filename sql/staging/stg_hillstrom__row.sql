{{ config(materialized='table', tags=['hillstrom']) }}
-- One row per workspace × row of the newest file, its text cast to types. A file without a key and without a time replaces the
-- one before it whole. A row that does not cast keeps its reason: stg_hillstrom__customer leaves it out, int_rejected_row lists it.
with newest_run as (
  {{ newest_run(source('raw', 'raw_hillstrom')) }}
),
newest as (
  select
    r.workspace, _source_sha256 as file_sha256, _row_number as row_number,
    nullif(trim(segment), '') as segment,
    nullif(trim(visit), '') as visit,
    nullif(trim(conversion), '') as conversion,
    nullif(trim(spend), '') as spend,
    nullif(trim(recency), '') as recency,
    nullif(trim(history), '') as history,
    history_segment, mens, womens, zip_code, newbie, channel,
    data_state, window_from, window_until, pass, r._run_id, _load_id, _extracted_at
  from {{ source('raw', 'raw_hillstrom') }} as r
  join newest_run as n on n.workspace = r.workspace and n._run_id = r._run_id
),
checked as (
  select
    *,
    case
      when segment is null then 'segment'
      when visit is null or visit not in ('0', '1') then 'visit'
      when conversion is null or conversion not in ('0', '1') then 'conversion'
      when spend is null or safe_cast(spend as numeric) is null then 'spend'
      when recency is not null and safe_cast(recency as int64) is null then 'recency'
      when history is not null and safe_cast(history as numeric) is null then 'history'
    end as reject_column
  from newest
)
select
  workspace, file_sha256, row_number, segment,
  safe_cast(visit as int64) as visit,
  safe_cast(conversion as int64) as conversion,
  safe_cast(spend as numeric) as spend,
  safe_cast(recency as int64) as recency,
  safe_cast(history as numeric) as history,
  history_segment,
  safe_cast(nullif(trim(mens), '') as int64) as mens,
  safe_cast(nullif(trim(womens), '') as int64) as womens,
  zip_code,
  safe_cast(nullif(trim(newbie), '') as int64) as newbie,
  channel,
  reject_column,
  case reject_column
    when 'segment' then segment when 'visit' then visit when 'conversion' then conversion
    when 'spend' then spend when 'recency' then recency when 'history' then history
  end as reject_value,
  case
    when reject_column is null then null
    when reject_column = 'segment' then 'missing'
    when reject_column = 'visit' then if(visit is null, 'missing', 'not_0_or_1')
    when reject_column = 'conversion' then if(conversion is null, 'missing', 'not_0_or_1')
    when reject_column = 'spend' and spend is null then 'missing'
    when reject_column = 'recency' then 'not_a_whole_number'
    else 'not_a_number'
  end as reject_reason,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from checked
