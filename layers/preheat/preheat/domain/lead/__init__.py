"""The lead: how long before a demand a model starts, learned from its own starts.

`lead` owns the rule, `evidence` says how far past starts count, and `lead_in_force` picks the lead that applies now.
"""
