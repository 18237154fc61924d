{{ config(materialized='table', tags=['ad-clicks']) }}
-- One row per workspace × row of the newest file, its text cast to types. A file replaces the one before it whole. A row that does not
-- cast keeps its reason: stg_ad_clicks__impression leaves it out, int_rejected_row lists it.
with newest_run as (
  {{ newest_run(source('raw', 'raw_ad_clicks')) }}
),
newest as (
  select
    r.workspace, _source_sha256 as file_sha256, _row_number as row_number,
    nullif(trim(event_id), '') as event_id,
    nullif(trim(user_id), '') as user_id,
    nullif(trim(experiment_group), '') as experiment_group,
    nullif(trim(shown_at), '') as shown_at,
    device, country,
    nullif(trim(clicked), '') as clicked,
    nullif(trim(clicked_at), '') as clicked_at,
    data_state, window_from, window_until, pass, r._run_id, _load_id, _extracted_at
  from {{ source('raw', 'raw_ad_clicks') }} as r
  join newest_run as n on n.workspace = r.workspace and n._run_id = r._run_id
)
select
  workspace, file_sha256, row_number, event_id, user_id, experiment_group,
  safe_cast(shown_at as timestamp) as shown_at,
  device, country,
  safe_cast(clicked as int64) as clicked,
  safe_cast(clicked_at as timestamp) as clicked_at,
  case
    when event_id is null then 'event_id'
    when user_id is null then 'user_id'
    when experiment_group is null then 'experiment_group'
    when shown_at is null or safe_cast(shown_at as timestamp) is null then 'shown_at'
    when clicked is null or clicked not in ('0', '1') then 'clicked'
    when clicked_at is not null and safe_cast(clicked_at as timestamp) is null then 'clicked_at'
  end as reject_column,
  case
    when event_id is null or user_id is null or experiment_group is null then 'missing'
    when shown_at is null then 'missing'
    when safe_cast(shown_at as timestamp) is null then 'not_a_timestamp'
    when clicked is null then 'missing'
    when clicked not in ('0', '1') then 'not_0_or_1'
    when clicked_at is not null and safe_cast(clicked_at as timestamp) is null then 'not_a_timestamp'
  end as reject_reason,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from newest
