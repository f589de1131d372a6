"""Opens the part of the store that sees the whole fleet, for the functions that need no other."""

from botocore.session import Session

from preheat.adapters.dynamodb.connection import make_dynamodb_client
from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.fleet import DynamoFleet
from preheat.adapters.dynamodb.tables import TableNames, Tables
from preheat.bootstrap.settings import StoreSettings


def open_fleet(settings: StoreSettings, session: Session) -> DynamoFleet:
    """Return that part on the tables that the settings name, with one client of the session."""
    names = TableNames(settings.models_table, settings.ledger_table, settings.plans_table)
    return DynamoFleet(Tables(names, make_dynamodb_client(session)), Patience())
