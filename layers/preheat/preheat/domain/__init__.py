"""The rules, and nothing else: values and pure functions.

Nothing here reads a clock, an environment, a file or a socket, draws a random number or writes a log. Every instant is
an aware UTC datetime that the caller passes; every interval is half-open.

`calendar` < `plan` < `record` < `bill` < `demand` < `lead` < `decision` < `verdict`: each imports only packages
to its left.
"""
