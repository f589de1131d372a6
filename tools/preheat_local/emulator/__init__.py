"""The code that runs inside ministack's process, with ministack's own interpreter: Preheat is not installed there.

Modules here import the standard library, ministack and the files next to them; an import contract checks it.
"""
