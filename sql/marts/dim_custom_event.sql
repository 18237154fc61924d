{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × custom event, as described now.
select
  workspace, event_name, description, included_in_analytics_report, status, tags, is_listed, _run_id, _load_id, _extracted_at
from {{ ref('stg_braze__custom_event') }}
