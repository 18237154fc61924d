{#
  Metrics of experiments over events: the entries of the var `event_metrics`. The kinds, what each needs and what it may have besides
  `name`, `kind`, `role` and `event_type`:
    proportion  days [from_day]                     anybody with an event in the window
    mean        value, days [from_day]              a sum over the window
    ratio       value, denominator, days [from_day] one sum over another; `event_type` is of the value alone
    quantile    value, quantile, days [from_day]
    cuped       value, days [from_day]              the mean, adjusted by the same sum over `days` days before the assignment
    retention   day                                 anybody with an event on that day after the assignment
#}
{% macro check_event_metrics(metrics) %}
  {% set fields = {
    'proportion': ['days'], 'mean': ['value', 'days'], 'ratio': ['value', 'denominator', 'days'],
    'quantile': ['value', 'quantile', 'days'], 'cuped': ['value', 'days'], 'retention': ['day']
  } %}
  {% if metrics | length == 0 %}{{ exceptions.raise_compiler_error('var event_metrics is empty: name one metric at least') }}{% endif %}
  {% for m in metrics %}
    {% set place = loop.index %}
    {% if 'name' not in m or 'kind' not in m %}{{ event_metric_problem(place, m, 'needs a name and a kind') }}{% endif %}
    {% if m.kind not in fields %}
      {{ event_metric_problem(place, m, 'has the unknown kind ' ~ m.kind ~ ': proportion, mean, ratio, quantile, cuped or retention') }}
    {% endif %}
    {% set needed = fields[m.kind] %}
    {% for field in needed %}
      {% if field not in m %}{{ event_metric_problem(place, m, 'is a ' ~ m.kind ~ ' and needs ' ~ field) }}{% endif %}
    {% endfor %}
    {% for field, given in m.items() %}
      {% if field not in ['name', 'kind', 'role', 'event_type'] + needed and (field != 'from_day' or m.kind == 'retention') %}
        {{ event_metric_problem(place, m, 'is a ' ~ m.kind ~ ', which has no ' ~ field) }}
      {% elif field in ['days', 'day', 'from_day'] and (given // 1 != given or given < (1 if field == 'days' else 0) or given > 365) %}
        {{ event_metric_problem(place, m, field ~ ' is no whole number of days up to 365') }}
      {% elif field in ['value', 'denominator'] and given not in ['events', 'active_days', 'miles_amount'] %}
        {{ event_metric_problem(place, m, field ~ ' is events, active_days or miles_amount') }}
      {% elif field == 'quantile' and (given * 1 != given or given <= 0 or given >= 1) %}
        {{ event_metric_problem(place, m, 'quantile lies between 0 and 1') }}
      {% elif field in ['name', 'event_type'] and ("'" in given or '\\' in given) %}
        {{ event_metric_problem(place, m, field ~ ' may hold no quote and no backslash') }}
      {% elif field == 'role' and given not in ['primary', 'secondary', 'guardrail'] %}
        {{ event_metric_problem(place, m, 'role is primary, secondary or guardrail') }}
      {% endif %}
    {% endfor %}
    {% for other in metrics %}
      {% if loop.index < place and other.name == m.name %}{{ event_metric_problem(place, m, 'has the name of an entry before it') }}{% endif %}
    {% endfor %}
  {% endfor %}
{% endmacro %}

{% macro event_metric_problem(place, metric, problem) %}
  {{ exceptions.raise_compiler_error('var event_metrics, entry ' ~ place ~ (' (' ~ metric.name ~ ')' if 'name' in metric else '') ~ ': ' ~ problem) }}
{% endmacro %}

{# The last day of a metric's window, counted from the day of the assignment, which is 0. #}
{% macro event_metric_until(m) %}
  {% if m.kind == 'retention' %}{{ m.day }}{% else %}{{ (m.from_day if 'from_day' in m else 0) + m.days - 1 }}{% endif %}
{% endmacro %}

{# What a metric adds up over the days `d` of a unit, from one day to another, of one type of event or of all. #}
{% macro event_sum(what, from_day, until_day, event_type='') %}
  {% set counts = 'd.day_number between ' ~ from_day ~ ' and ' ~ until_day ~ (" and d.event_type = '" ~ event_type ~ "'" if event_type else '') %}
  {% if what == 'active_days' %}cast(count(distinct if({{ counts }}, d.day_number, null)) as numeric)
  {% elif what == 'events' %}cast(coalesce(sum(if({{ counts }}, d.event_count, 0)), 0) as numeric)
  {% else %}cast(coalesce(sum(if({{ counts }}, d.{{ what }}, 0)), 0) as numeric){% endif %}
{% endmacro %}

{% macro event_metric_value(m) %}
  {% set from_day = m.day if m.kind == 'retention' else m.from_day if 'from_day' in m else 0 %}
  {% set type = m.event_type if 'event_type' in m else '' %}
  {% if m.kind in ['proportion', 'retention'] -%}
    cast(if({{ event_sum('events', from_day, event_metric_until(m), type) }} > 0, 1, 0) as numeric)
  {%- else -%}
    {{ event_sum(m.value, from_day, event_metric_until(m), type) }}
  {%- endif %}
{% endmacro %}

{# What a ratio is divided by; what a mean is adjusted by: the same sum before the assignment. #}
{% macro event_metric_covariate(m) %}
  {% if m.kind == 'ratio' -%}
    {{ event_sum(m.denominator, m.from_day if 'from_day' in m else 0, event_metric_until(m)) }}
  {%- elif m.kind == 'cuped' -%}
    {{ event_sum(m.value, -m.days, -1, m.event_type if 'event_type' in m else '') }}
  {%- else -%}
    cast(null as numeric)
  {%- endif %}
{% endmacro %}

{# What a metric is, as fields of a struct. #}
{% macro event_metric_words(m) %}
  '{{ m.name }}' as metric,
  '{{ 'proportion' if m.kind == 'retention' else m.kind }}' as metric_kind,
  '{{ m.role if 'role' in m else 'secondary' }}' as role,
  cast({{ m.quantile if m.kind == 'quantile' else 'null' }} as float64) as quantile_level
{% endmacro %}
