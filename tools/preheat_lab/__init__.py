"""The lab: what proves Preheat and measures it. `python -m preheat_lab` lists its programs; none runs in Lambda.

Harnesses run the real passes and handlers under faults: `explorer`, `simulation` and `chaos`. `mutants` checks that
they notice a broken rule. `costs` and `benchmarks` measure.
"""
