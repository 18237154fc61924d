{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × window × part: Braze's own sums, of the newest extraction of the window.
select
  workspace, canvas_id, from_date, until_date, part, part_id, part_name, entries, conversions,
  conversions_by_entry_time, revenue, messages, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_canvas_summary') }}
qualify row_number() over (
    partition by workspace, canvas_id, from_date, until_date, part, part_id
    order by _extracted_at desc, pass desc, _load_id desc
  ) = 1
  and _load_id = first_value(_load_id) over (
    partition by workspace, canvas_id, from_date, until_date
    order by _extracted_at desc, pass desc, _load_id desc
  )
