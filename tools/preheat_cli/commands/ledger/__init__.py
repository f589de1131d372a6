"""`preheat ledger`: check the stored ledgers, and repair from them. One module for each command."""
