{# Raw tables are appended to: a thing stands there as often as it was read. Of each `key`, the row that was read last. #}
{% macro newest_row(key) -%}
qualify row_number() over (
    partition by {{ key | join(', ') }}
    order by _extracted_at desc, pass desc, _load_id desc
  ) = 1
{%- endmacro %}

{# The same for parts of a `whole`, which counts as it was read last: a `part` that the source no longer reports leaves with it. #}
{% macro newest_row_of(whole, part) -%}
{{ newest_row(whole + part) }}
  and _load_id = first_value(_load_id) over (
    partition by {{ whole | join(', ') }}
    order by _extracted_at desc, pass desc, _load_id desc
  )
{%- endmacro %}
