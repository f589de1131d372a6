"""The part of the store that sees the whole fleet: records with their due index, and plans. Knows no requests."""

from preheat.adapters.dynamodb.plans import DynamoPlans
from preheat.adapters.dynamodb.records import DynamoRecords


class DynamoFleet(DynamoRecords, DynamoPlans):
    """The records and plans, for `tick` and `watch`. Both load nothing more of the store."""
