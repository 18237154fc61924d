{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × list × UTC day: addresses and numbers that came onto it. Unsubscribes are the latest of each address only, so
-- past days shrink when somebody unsubscribes again.
with added as (
  select workspace, 'hard_bounce' as contact_list, email as contact, hard_bounced_at as added_at, _extracted_at
  from {{ ref('stg_braze__hard_bounce') }}
  union all
  select workspace, 'unsubscribe' as contact_list, email as contact, unsubscribed_at as added_at, _extracted_at
  from {{ ref('stg_braze__unsubscribe') }}
  qualify row_number() over (partition by workspace, email order by unsubscribed_at desc, _extracted_at desc) = 1
  union all
  select workspace, 'invalid_phone' as contact_list, phone as contact, invalid_detected_at as added_at, _extracted_at
  from {{ ref('stg_braze__invalid_phone') }}
)
select
  workspace, contact_list, date(added_at) as added_date,
  count(*) as contacts, count(distinct contact) as distinct_contacts,
  max(_extracted_at) as _extracted_at
from added
where added_at is not null
group by workspace, contact_list, date(added_at)
