-- How large was the effect on the people of each day? For reading: one day in twenty misses the effect by chance, and no day decides.
-- Chart: effect as a point with effect_low and effect_high as its bar, by activity_date; filter on experiment_name, metric and arm_name.
select
  workspace, experiment_id, experiment_name, metric, role, arm_name, period, activity_date, status, reason, n, units_maturing,
  control_n, value, control_value, effect, effect_low, effect_high, data_state
from exp_result_daily
where not is_control
order by workspace, experiment_name, metric, arm_name, activity_date
