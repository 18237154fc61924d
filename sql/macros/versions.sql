{# A version of a thing begins with the extraction that first showed other content: `previous_hash`, then `version_number`, then
   `first_of_version`. What cannot be hashed is always other. `key` names the thing. #}
{% macro previous_hash(key) -%}
  lag(record_hash) over (partition by {{ key | join(', ') }} order by _extracted_at, pass, _load_id) as previous_hash
{%- endmacro %}

{% macro version_number(key) -%}
  sum(if(coalesce(record_hash, '') = coalesce(previous_hash, '-'), 0, 1))
      over (partition by {{ key | join(', ') }} order by _extracted_at, pass, _load_id rows between unbounded preceding and current row) as version
{%- endmacro %}

{% macro first_of_version(key) -%}
  qualify row_number() over (partition by {{ key | join(', ') }}, version order by _extracted_at, pass, _load_id) = 1
{%- endmacro %}

{# Of each thing that `seen` showed: the first answer in `listing`, a whole one of its list or of its object, that left it out. `key` names
   the thing, `object` whose answers count: those of its workspace, or of its campaign or Canvas. #}
{% macro first_missing(key, seen, listing, object) %}
  select seen.{{ key | join(', seen.') }}, min(listing.listed_at) as gone_at
  from (
    select {{ key | join(', ') }}, max(_extracted_at) as last_seen_at
    from {{ seen }}
    group by {{ key | join(', ') }}
  ) as seen
  join (
    select distinct {{ object | join(', ') }}, _extracted_at as listed_at
    from {{ listing }}
  ) as listing
    on listing.listed_at > seen.last_seen_at
    {%- for column in object %} and listing.{{ column }} = seen.{{ column }}{% endfor %}
  group by seen.{{ key | join(', seen.') }}
{% endmacro %}

{# The end of each version of `key`: the next one's beginning, 9999-12-31 while there is none. #}
{% macro version_end(key) %}
  coalesce(
    lead(effective_from) over (partition by {{ key | join(', ') }} order by version), timestamp '9999-12-31 00:00:00+00'
  ) as effective_to,
  lead(effective_from) over (partition by {{ key | join(', ') }} order by version) is null as is_current
{%- endmacro %}
