"""The prose linter: plain English in everything that a person reads.

    python -m preheat_lab prose            # every source; status 1 if there is an alert
    python -m preheat_lab prose README.md  # only sources whose place starts with these words

`sources` and `commentary` find the texts, `rules` judges them, exceptions.toml holds every exception with its reason.
"""
