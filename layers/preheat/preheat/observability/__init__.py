"""Logs, metrics and traces. One module for each function holds what that function reports; the rest is shared.

Nothing here decides anything.
"""
