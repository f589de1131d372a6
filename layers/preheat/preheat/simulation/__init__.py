"""The real pass in a simulated world under a virtual clock."""
