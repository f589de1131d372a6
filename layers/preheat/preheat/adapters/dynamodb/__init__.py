"""Where records, ledger and plans are kept: in DynamoDB, and its in-memory twin."""
