"""The store of records, ledger and plans on DynamoDB."""
