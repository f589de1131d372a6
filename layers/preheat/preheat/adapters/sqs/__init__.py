"""The work queue: SQS, and its in-memory twin."""
