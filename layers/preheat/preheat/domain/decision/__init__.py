"""The decision: the one step that a pass takes for one model, with its reason.

`decision.decide` shows the phases in order. `situation` holds the facts of a decision. `looking` says whether a pass
may ask the service; `noting`, `accounting` and `scaling` note what it saw. `starting`, `stopping` and `resting` take
the steps; `draining`, `gating` and `proving` add the queue, the gate and the test inference. `promise` judges lateness,
`writing` writes the record and its entry, and `answering` notes the answer to a call.
"""
