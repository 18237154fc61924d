{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × campaign. Two resources tell of it: the list (no payload) and the details. Each keeps its own newest row, so a
-- campaign whose details failed is still known by name, and what only the list says is not lost under a later details row.
with listed as (
  select
    workspace, campaign_id, name, tags, is_api_campaign, last_edited,
    data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
  from {{ source('raw', 'raw_campaign') }}
  where payload is null
  qualify row_number() over (
      partition by workspace, campaign_id
      order by _extracted_at desc, pass desc, _load_id desc
    ) = 1
),
detailed as (
  select
    workspace, campaign_id, name, tags, created_at, updated_at, archived, draft, enabled, schedule_type,
    channels, description, first_sent, last_sent, conversion_behaviors, payload,
    data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
  from {{ source('raw', 'raw_campaign') }}
  where payload is not null
  qualify row_number() over (
      partition by workspace, campaign_id
      order by _extracted_at desc, pass desc, _load_id desc
    ) = 1
)
select
  coalesce(l.workspace, d.workspace) as workspace,
  coalesce(l.campaign_id, d.campaign_id) as campaign_id,
  if(d._extracted_at > l._extracted_at, coalesce(d.name, l.name), coalesce(l.name, d.name)) as campaign_name,
  coalesce(l.tags, d.tags) as tags,
  l.is_api_campaign, l.last_edited, d.created_at, d.updated_at, d.archived, d.draft, d.enabled,
  d.schedule_type, d.channels, d.description, d.first_sent, d.last_sent, d.conversion_behaviors, d.payload,
  l.campaign_id is not null as is_listed,
  d.campaign_id is not null as has_details,
  coalesce(l.data_state, d.data_state) as data_state, coalesce(l.window_from, d.window_from) as window_from,
  coalesce(l.window_until, d.window_until) as window_until, coalesce(l.pass, d.pass) as pass,
  coalesce(l._run_id, d._run_id) as _run_id, coalesce(l._load_id, d._load_id) as _load_id,
  coalesce(l._extracted_at, d._extracted_at) as _extracted_at
from listed as l
full outer join detailed as d on d.workspace = l.workspace and d.campaign_id = l.campaign_id
