"""Checks a stack and its plant against the account: it gathers facts, then pure functions judge them."""
