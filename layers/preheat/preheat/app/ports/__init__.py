"""The ports: what the application may ask of the outside, and the closed set of errors that it must expect.

One module for each neighbour. Each caller names the narrowest port that it needs, so that its type shows what it can
change. An in-memory twin of each port stands in `adapters.memory` and passes the same contract suite.
"""
