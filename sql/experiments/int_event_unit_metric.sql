{{ config(materialized='table', tags=['experiments']) }}
{% set metrics = var('event_metrics') %}
{{ check_event_metrics(metrics) }}
-- One row per workspace × experiment over events × user × metric of the var `event_metrics`. Those without an event count with 0. A user
-- counts in a metric once its window is over, on a day that the events have passed: nobody is judged on a day yet to come. In two
-- arms: the one given first, as in exp_assignment. The global control group is judged so too, as far as its exports tell who is in it;
-- not by a covariate from before, when the group was there already. Days are UTC.
with assignment as (
  select
    workspace, experiment_id, unit_id, date(min(assigned_at)) as assigned_date,
    substr(min(concat(format('%020d', unix_micros(assigned_at)), arm_id)), 21) as arm_id,
    min(known_until) as known_until
  from (
    {{ event_assignments() }}
  ) as assigned
  group by workspace, experiment_id, unit_id
),
newest as (
  select workspace, max(event_date) as newest_date
  from {{ ref('int_event_unit_day') }}
  group by workspace
),
unit as (
  select
    a.workspace, a.experiment_id, a.unit_id, a.arm_id, a.assigned_date,
    date_diff(least(n.newest_date, coalesce(a.known_until, n.newest_date)), a.assigned_date, day) as days_over
  from assignment as a
  join newest as n on n.workspace = a.workspace
),
day as (
  select
    u.workspace, u.experiment_id, u.unit_id, date_diff(e.event_date, u.assigned_date, day) as day_number,
    e.event_type, e.event_count, e.miles_amount
  from unit as u
  join {{ ref('int_event_unit_day') }} as e on e.workspace = u.workspace and e.user_id = u.unit_id
),
summed as (
  select
    u.workspace, u.experiment_id, u.unit_id, u.arm_id, u.assigned_date, u.days_over
    {%- for m in metrics %},
    {{ event_metric_value(m) }} as value_{{ loop.index }},
    {{ event_metric_covariate(m) }} as covariate_{{ loop.index }}
    {%- endfor %}
  from unit as u
  left join day as d on d.workspace = u.workspace and d.experiment_id = u.experiment_id and d.unit_id = u.unit_id
  group by u.workspace, u.experiment_id, u.unit_id, u.arm_id, u.assigned_date, u.days_over
)
select
  s.workspace, s.experiment_id, s.unit_id, s.arm_id, cast(null as bool) as is_control,
  m.metric, m.metric_kind, m.role, m.value, m.covariate, cast(null as numeric) as cap_value, cast(null as string) as cap_rule,
  m.quantile_level, s.assigned_date as exposed_date, cast(null as string) as segments
from summed as s
cross join unnest([
  {%- for m in metrics %}
  struct({{ event_metric_words(m) }}, {{ event_metric_until(m) }} as until_day, s.value_{{ loop.index }} as value, s.covariate_{{ loop.index }} as covariate)
  {%- if not loop.last %},{% endif %}
  {%- endfor %}
]) as m
where m.until_day < s.days_over and not (m.metric_kind = 'cuped' and {{ is_global_control('s') }})
