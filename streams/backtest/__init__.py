"""How a policy would have judged what officers have decided: matters, scores, calibration, and what few cannot show."""
