-- How large is the effect of each variant, and how sure is it? One row per experiment, metric and arm against control.
-- Chart: lift as a point with lift_low and lift_high as its bar, by arm_name; filter on experiment_name and metric.
select
  workspace, experiment_id, experiment_name, metric, role, arm_name, status, n, control_n, value, control_value,
  effect, effect_low, effect_high, lift, lift_low, lift_high, p_value, adjusted_p, verdict, notes, data_state
from exp_result
where not is_control and segment = 'all'
order by workspace, experiment_name, metric, arm_name
