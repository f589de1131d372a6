"""Mutants: seeded mutations of the protocol, and the hunt that looks for the promise that each breaks."""
