"""The composition root: one module for each function, which alone knows the concrete classes that the function needs.

Knows no rule. Each function makes one botocore session, because a second one costs as much as the first.
"""
