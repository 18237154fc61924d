{{ config(
  materialized='incremental', incremental_strategy='insert_overwrite', tags=['braze'],
  partition_by={'field': 'activity_date', 'data_type': 'date'},
  meta={'partition_inputs': {'stg_braze__kpi_daily': 'activity_date', 'stg_braze__session_daily': 'activity_date'} }
) }}
-- One row per workspace × app × day (company time zone): KPIs and sessions side by side. `all` is every app of the workspace together, and
-- no sum of the apps: somebody may use two.
with long as (
  select
    workspace, coalesce(app_id, 'all') as app_id, activity_date, kpi, value, data_state, pass, _run_id, _load_id, _extracted_at
  from {{ ref('stg_braze__kpi_daily') }}
  union all
  select
    workspace, coalesce(app_id, 'all') as app_id, activity_date, 'sessions' as kpi, sessions as value,
    data_state, pass, _run_id, _load_id, _extracted_at
  from {{ ref('stg_braze__session_daily') }}
  where segment_id is null
)
select
  workspace, app_id, activity_date,
  max(if(kpi = 'new_users', value, null)) as new_users,
  max(if(kpi = 'dau', value, null)) as dau,
  max(if(kpi = 'mau', value, null)) as mau,
  max(if(kpi = 'uninstalls', value, null)) as uninstalls,
  max(if(kpi = 'sessions', value, null)) as sessions,
  max(data_state) as data_state, max(pass) as _pass, max(_run_id) as _run_id, max(_load_id) as _load_id,
  max(_extracted_at) as _extracted_at
from long
group by workspace, app_id, activity_date
