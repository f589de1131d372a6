"""The plan: models, targets and settings, as `apply` compiled them from a plant file.

`plan` defines the values, `turn` spreads starts at the same time, and `prices` holds the published prices.
"""
