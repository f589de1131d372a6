"""Opens the whole store, for the programs that run on your machine. Only they apply plans."""

from botocore.session import Session

from preheat.adapters.dynamodb.connection import TableNames, make_dynamodb_client
from preheat.adapters.dynamodb.store import DynamoStore
from preheat.bootstrap.settings import StoreSettings


def open_store(settings: StoreSettings, session: Session, *, endpoint_url: str | None = None) -> DynamoStore:
    """Return the store on the tables that the settings name, with one client of the session."""
    names = TableNames(settings.models_table, settings.ledger_table, settings.plans_table)
    return DynamoStore(make_dynamodb_client(session, endpoint_url), names)
