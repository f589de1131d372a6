"""The tables over one DynamoDB client: how PynamoDB gets the client that its owner made, and the tables their names.

Left alone, PynamoDB makes a session and a client for each table, each as slow at a cold start as the first.
Does not know what an item means.
"""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection.base import Connection
from pynamodb.exceptions import GetError
from pynamodb.models import MetaModel, Model

from preheat.adapters.client import AwsService, make_client
from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.tables import AppliedItem, LedgerItem, PlanItem, RecordItem, ReplyItem, RequestItem

if TYPE_CHECKING:
    from datetime import datetime

# A dead end costs one call 2 x 5 s. One write and the read that settles it then fit twice into a pass's 60 s.
CONFIG = Config(
    connect_timeout=3,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
    parameter_validation=False,  # PynamoDB builds the requests, so checking them again only costs time
)


def make_dynamodb_client(session: Any, endpoint_url: str | None = None) -> Any:
    """Return a DynamoDB client of a botocore session (or boto3's inner one) with this store's timeouts and retries."""
    return make_client(session, AwsService.DYNAMODB, CONFIG, endpoint_url=endpoint_url)


class SharedConnection(Connection):
    """A PynamoDB connection over a client from its owner."""

    def __init__(self, client: Any) -> None:
        super().__init__(region=client.meta.region_name)
        self._shared = client
        self.served_at: datetime | None = None  # the service's own time, as of its last answer
        client.meta.events.register("after-call.dynamodb", self._note_time)

    @property
    def client(self) -> Any:
        """The client from its owner."""
        return self._shared

    def _note_time(self, http_response: Any, **_: Any) -> None:
        """Note the `Date` of an answer, in whole seconds; without a valid one the time is not known."""
        try:
            served_at = parsedate_to_datetime(http_response.headers["Date"])
        except (AttributeError, KeyError, TypeError, ValueError):
            self.served_at = None
        else:
            self.served_at = served_at if served_at.tzinfo is not None else None

    def get_from_tables(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of one BatchGetItem for items of several tables; PynamoDB's own call has only one."""
        try:
            answer: dict[str, Any] = self.dispatch("BatchGetItem", {"RequestItems": wanted})
        except (BotoCoreError, ClientError) as error:
            raise GetError(f"Failed to get items of {', '.join(wanted)}: {error}", error) from error
        return answer

    def knows(self, table_name: str) -> bool:
        """Return whether the connection knows a table's keys already."""
        return table_name in self._tables


@dataclass(frozen=True, slots=True)
class TableNames:
    """The tables' names, as the stack gave them."""

    models: str
    ledger: str
    plans: str


class Tables:
    """The table models under given names and over one client. Two of them live side by side in one process."""

    def __init__(self, names: TableNames, client: Any) -> None:
        self.names = names
        self.connection = SharedConnection(client)
        self.records = _bind(RecordItem, names.models, self.connection)
        self.ledger = _bind(LedgerItem, names.ledger, self.connection)
        self.plans = _bind(PlanItem, names.plans, self.connection)
        self.requests = _bind(RequestItem, names.models, self.connection)
        self.replies = _bind(ReplyItem, names.ledger, self.connection)
        self.applies = _bind(AppliedItem, names.ledger, self.connection)


class Part:
    """Base of the parts of `DynamoStore`: the tables, and how long to retry a call. Threads may share one."""

    def __init__(self, tables: Tables, patience: Patience) -> None:
        self._tables = tables
        self._patience = patience


def _bind[M: Model](base: type[M], table_name: str, connection: SharedConnection) -> type[M]:
    """Return `base` under a table name. PynamoDB keeps name and connection on the class, so each binding is one."""
    meta = type("Meta", (), {"table_name": table_name})
    bound = cast("type[M]", MetaModel(base.__name__, (base,), {"Meta": meta}))
    table = bound._get_connection()  # noqa: SLF001  PynamoDB has no public way to hand a model its connection
    if not connection.knows(table_name):  # Its keys are those of the first.
        connection.add_meta_table(table.get_meta_table())
    table.connection = connection
    return bound
