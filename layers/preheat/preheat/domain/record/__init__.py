"""The record of one model: everything that a pass remembers, and the values that it consists of.

`record` defines the record and its ledger entry. `attempt` owns intended calls, tokens and leases. `lifecycle` is the
table of steps. `observation`, `gate` and `paid` are what looks show; `looks` and `budget` say how often Preheat may
look. `event` defines the events, and `wording` the words that reasons share.
"""
