{{ config(materialized='table', tags=['ad-clicks']) }}
-- One row per workspace × impression: the rows of the newest file that cast, an event id once.
select
  workspace, event_id, user_id, experiment_group, shown_at, device, country, clicked, clicked_at,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_ad_clicks__row') }}
where reject_column is null
qualify row_number() over (
    partition by workspace, event_id
    order by shown_at, row_number
  ) = 1
