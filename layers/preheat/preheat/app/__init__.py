"""The application: what each function does, as an order of remote calls. It reaches the outside only through `ports`.

| module | does |
| --- | --- |
| `tick` | sends each due model to its pass, once a minute |
| `reconcile` | one pass: read, decide, record, call, record the answer |
| `requests` | answers a request of another service, and stores its hold or block |
| `watch` | reads an event of a hosting service, and wakes the models that it names |
| `publish` | turns ledger entries and replies into events |
| `audit` | reports what runs without a demand, what will be late, and which ledgers break a promise |
| `board` | shows every model on one page |

The rules are in `domain`. Nothing here reads a clock, an environment or a random number, or writes a log.
"""
