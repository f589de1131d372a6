"""What every part of the DynamoDB store holds: the tables, and how long it retries. Knows no table."""

from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.tables import Tables


class Part:
    """Base of the parts of `DynamoStore`. Threads may share one, as they may share its client."""

    def __init__(self, tables: Tables, patience: Patience) -> None:
        self._tables = tables
        self._patience = patience
