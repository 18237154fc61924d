{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × Canvas × variation, from the newest details.
-- The newest extraction of a Canvas's details wins whole, so a variant that the source no longer reports leaves with it.
select
  workspace, canvas_id, variation_id, name as variation_name, first_step_ids,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ source('raw', 'raw_canvas_variant') }}
{{ newest_row_of(['workspace', 'canvas_id'], ['variation_id']) }}
