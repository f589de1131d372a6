"""One pass: read, decide, record the intent, call, record the answer.

`reconcile` owns the order of the calls; `downstream` owns those to the gate and the queue behind a model. Each passes
what it has read to `domain.decision`, which decides.
"""
