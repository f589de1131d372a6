"""From a plant file to the models of a plan: schedules, closed days, leads and turns."""
