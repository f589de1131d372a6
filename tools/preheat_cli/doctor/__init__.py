"""Checks a stack and its plant against the account: facts are gathered, then judged by pure functions."""
