{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × export: how many users the newest export of a segment, or of the global control group, holds: exact where a
-- segment's size series is an estimate.
select
  workspace, exported_from, coalesce(segment_id, 'all') as segment_id,
  count(*) as users,
  countif(email_subscribe = 'opted_in' or email_subscribe = 'subscribed') as email_reachable_users,
  countif(is_uninstalled) as uninstalled_users,
  sum(total_revenue) as total_revenue,
  max(_extracted_at) as exported_at
from {{ ref('stg_braze__user_export') }}
group by workspace, exported_from, coalesce(segment_id, 'all')
