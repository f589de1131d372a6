"""The audit: reads records, ledgers and services, and reports what is wrong. It changes nothing.

`audit` gathers and reports; `invariants` judges what a ledger, a write or a call must keep.
"""
