"""Preheat: hosted vision models ready when the shift starts, and not one paid minute longer than needed.

This package is everything that ships to Lambda, in five rings. Each ring imports only rings to its right:

    bootstrap -> adapters, observability -> app -> domain

`.importlinter` at the top of the repository enforces this.
"""
