{{ config(materialized='table', tags=['ad-clicks']) }}
-- One row per workspace × metric × group of users × number of the impression (1 to 5) × day of that impression (UTC): users who were shown
-- so many, and those who clicked that very one. From the second on it is about those who were still there: the groups may differ in who that is.
with numbered as (
  select
    workspace, user_id, clicked, date(shown_at) as shown_date,
    first_value(experiment_group) over (
      partition by workspace, user_id
      order by shown_at, event_id
    ) as arm_id,
    row_number() over (partition by workspace, user_id order by shown_at, event_id) as message_number
  from {{ ref('stg_ad_clicks__impression') }}
)
select
  workspace, concat(workspace, '__file__ad-clicks') as experiment_id, 'click' as metric, arm_id, message_number, shown_date,
  count(*) as n, sum(clicked) as x
from numbered
where message_number <= 5
group by workspace, arm_id, message_number, shown_date
-- Where everybody was shown one, there is nothing to tell apart.
qualify max(message_number) over (partition by workspace) > 1
