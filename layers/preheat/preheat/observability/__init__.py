"""Logs, metrics and traces. Each function has a module with its reports; all functions share the rest.

Nothing here decides anything.
"""
