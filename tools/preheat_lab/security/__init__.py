"""The 23 points of security, each with the checks that hold it. `make security` prints them as a table."""
