{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign. The list names it; only its details carry a payload, so each side keeps its own newest row
-- and a campaign whose details failed is still known by name.
with listed as (
  select
    workspace, campaign_id, name, is_api_campaign, tags, last_edited,
    data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
  from {{ source('raw', 'raw_campaign') }}
  qualify row_number() over (
      partition by workspace, campaign_id
      order by _extracted_at desc, pass desc, _load_id desc
    ) = 1
),
detailed as (
  select
    workspace, campaign_id, is_api_campaign, tags, name, created_at, updated_at, archived, draft, enabled,
    schedule_type, channels, description, first_sent, last_sent, conversion_behaviors, payload
  from {{ source('raw', 'raw_campaign') }}
  where payload is not null
  qualify row_number() over (
      partition by workspace, campaign_id
      order by _extracted_at desc, pass desc, _load_id desc
    ) = 1
)
select
  l.workspace, l.campaign_id, coalesce(l.name, d.name) as campaign_name,
  coalesce(l.is_api_campaign, d.is_api_campaign) as is_api_campaign, l.tags, l.last_edited, d.created_at,
  d.updated_at, d.archived, d.draft, d.enabled, d.schedule_type, d.channels, d.description, d.first_sent,
  d.last_sent, d.conversion_behaviors, d.payload,
  d.campaign_id is not null as has_details,
  l.data_state, l.window_from, l.window_until, l.pass, l._run_id, l._load_id, l._extracted_at
from listed as l
left join detailed as d on d.workspace = l.workspace and d.campaign_id = l.campaign_id
