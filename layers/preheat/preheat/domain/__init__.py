"""The rules, and nothing else: values and pure functions.

Nothing here reads a clock, an environment, a file or a socket, draws a random number or logs.
Every instant is an aware UTC datetime that was handed in; every interval is half-open.
"""
