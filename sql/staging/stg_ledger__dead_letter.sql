{{ config(materialized='table', tags=['publish']) }}
-- One row per run × work that is dead at the newest publish. A letter that a later snapshot of its run no longer holds was
-- settled since, so only those of the same snapshot as the run's newest row count.
select
  d.run_id, d.work, d.workspace, d.queue, d.job_id, d.resource, d.object_id, d.object_name, d.code, d.message, d.failed_at,
  d._run_id, d._load_id, d._extracted_at
from {{ source('raw', 'raw_dead_letter') }} as d
join {{ ref('stg_ledger__run') }} as r
  on r.run_id = d.run_id and r._run_id = d._run_id
qualify row_number() over (
  partition by d.run_id, d.work
  order by d._extracted_at desc, d._load_id desc
) = 1
