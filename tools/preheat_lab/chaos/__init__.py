"""Chaos: a scripted hour in compressed time on the local AWS, with faults, judged afterwards."""
