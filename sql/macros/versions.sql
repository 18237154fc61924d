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
