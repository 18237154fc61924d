{{ config(materialized='table', tags=['hillstrom']) }}
-- One row per workspace × customer of the e-mail test: the rows of the newest file that cast. No key: every row is a customer.
select
  workspace, file_sha256, row_number, segment, visit, conversion, spend,
  recency, history, history_segment, mens, womens, zip_code, newbie, channel,
  data_state, window_from, window_until, pass, _run_id, _load_id, _extracted_at
from {{ ref('stg_hillstrom__row') }}
where reject_column is null
