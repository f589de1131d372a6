"""Checks a user's own backend function against the contract, promise by promise.

    promises    the promises, in order, each with what a failure means
    invoking    how one request reaches the function: deployed, or a Python handler in this process
    schemas     the published JSON Schemas of request and answer

Knows no stack and no plan.
"""
