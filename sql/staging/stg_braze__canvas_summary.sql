{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × window × part: Braze's own sums, of the newest extraction of the window.
select
  workspace, canvas_id, from_date, until_date, part, part_id, part_name, entries, conversions,
  conversions_by_entry_time, revenue, messages, extra,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_canvas_summary') }}
{{ newest_row_of(['workspace', 'canvas_id', 'from_date', 'until_date'], ['part', 'part_id']) }}
