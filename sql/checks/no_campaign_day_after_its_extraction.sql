{{ config(severity='warn') }}
-- A day that had not begun anywhere when the source was read cannot have numbers.
select workspace, campaign_id, activity_date, _extracted_at
from {{ ref('agg_campaign_daily') }}
where activity_date > date_add(date(_extracted_at), interval 1 day)
