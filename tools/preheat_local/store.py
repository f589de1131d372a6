"""The store of a local AWS. Loads PynamoDB, so import it only if you need the store."""

from preheat.app.ports.store import Store
from preheat.bootstrap.settings import StoreSettings
from preheat.bootstrap.store import open_store
from preheat_local import LocalAws


def open_local_store(aws: LocalAws) -> Store:
    """Return the store of a local AWS, whatever keys and profiles the surroundings name."""
    settings = StoreSettings(aws.models_table, aws.ledger_table, aws.plans_table)
    return open_store(settings, aws.session(), endpoint_url=aws.endpoint_url)
