-- What became of each A/B test? The newest verdict on each arm, with its reason and what speaks against reading it.
-- Chart: a table; colour by verdict. 'insufficient' means wait, 'not_estimable' is not "no effect".
select
  workspace, experiment_id, experiment_name, arm_name, verdict, decision, reason, explanation, problems,
  metric, effect, decision_low, decision_high, units, planned_units, next_look_date, data_state
from exp_verdict_history
where is_newest
order by workspace, experiment_name, arm_name
