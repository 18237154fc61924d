{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__purchase_quantity_daily': 'activity_date', 'stg_braze__purchase_revenue_daily': 'activity_date'} }
) }}
-- One row per workspace × product × app × day (company time zone): pieces and revenue, which Braze gives apart.
select
  coalesce(q.workspace, r.workspace) as workspace,
  coalesce(q.product_name, r.product_name) as product_name,
  coalesce(q.app_id, r.app_id, 'all') as app_id,
  coalesce(q.activity_date, r.activity_date) as activity_date,
  q.quantity, r.revenue,
  greatest(coalesce(q.data_state, r.data_state), coalesce(r.data_state, q.data_state)) as data_state,
  coalesce(q.pass, r.pass) as _pass, coalesce(q._run_id, r._run_id) as _run_id,
  coalesce(q._load_id, r._load_id) as _load_id, coalesce(q._extracted_at, r._extracted_at) as _extracted_at
from {{ ref('stg_braze__purchase_quantity_daily') }} as q
full outer join {{ ref('stg_braze__purchase_revenue_daily') }} as r
  on r.workspace = q.workspace and r.product_name = q.product_name
  and coalesce(r.app_id, 'all') = coalesce(q.app_id, 'all') and r.activity_date = q.activity_date
