"""Demand: when a model must run. Shift windows and holds, minus blocks, merged.

`request` defines holds, blocks and replies, `pieces` cuts windows and holds by blocks, and `demand` merges the pieces
and sees them from one instant.
"""
