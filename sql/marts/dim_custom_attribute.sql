{{ config(materialized='table', tags=['braze']) }}
-- One row per workspace × custom attribute, as described now.
select
  workspace, attribute_name, data_type, array_length, description, status, tags, is_listed, _run_id, _load_id, _extracted_at
from {{ ref('stg_braze__custom_attribute') }}
