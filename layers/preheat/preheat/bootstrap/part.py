"""Opens one part of the store: a function names the part that it uses, and loads no other."""

from botocore.session import Session

from preheat.adapters.dynamodb.connection import Part, TableNames, Tables, make_dynamodb_client
from preheat.adapters.dynamodb.failures import Patience
from preheat.bootstrap.settings import StoreSettings


def open_part[P: Part](kind: type[P], settings: StoreSettings, session: Session) -> P:
    """Return that part on the tables that the settings name, with one client of the session."""
    names = TableNames(settings.models_table, settings.ledger_table, settings.plans_table)
    return kind(Tables(names, make_dynamodb_client(session)), Patience())
