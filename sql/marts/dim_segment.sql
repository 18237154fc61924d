{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × segment, as listed and detailed now. Archived segments leave the list.
select
  s.workspace, s.segment_id, s.segment_name, s.analytics_tracking_enabled, d.description, d.filter_description, s.tags,
  d.created_at, d.updated_at, s.is_listed, s._run_id, s._load_id, s._extracted_at
from {{ ref('stg_braze__segment') }} as s
left join {{ ref('stg_braze__segment_detail') }} as d on d.workspace = s.workspace and d.segment_id = s.segment_id
