"""The code that runs inside ministack's process, with ministack's own interpreter: Preheat does not exist there.

Modules here import the standard library, ministack and the files next to them; an import contract checks it.
"""
