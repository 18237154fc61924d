{{ config(materialized='table', tags=['experiments']) }}
-- One row per workspace × experiment × metric × rule: the value at which the metric is cut for good, as the first evaluation that saw
-- enough people froze it. Later people move no cap: each look tests the same metric. Another rule is another metric, with a cap of its
-- own. It changes only when an evaluation freezes one, so that nothing is built anew for it otherwise.
select
  workspace, experiment_id, metric, cap_rule, cap_value, nonzero_units, _extracted_at as frozen_at
from {{ source('raw', 'raw_experiment_cap') }}
qualify row_number() over (
    partition by workspace, experiment_id, metric, cap_rule
    order by _extracted_at, pass, _load_id
  ) = 1
