"""Opens the store for the functions that read and write it: all of its parts, but no apply."""

from botocore.session import Session

from preheat.adapters.dynamodb.basis import DynamoBasis
from preheat.adapters.dynamodb.connection import make_dynamodb_client
from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.tables import TableNames, Tables
from preheat.bootstrap.settings import StoreSettings


def open_basis(settings: StoreSettings, session: Session) -> DynamoBasis:
    """Return those parts on the tables that the settings name, with one client of the session."""
    names = TableNames(settings.models_table, settings.ledger_table, settings.plans_table)
    return DynamoBasis(Tables(names, make_dynamodb_client(session)), Patience())
