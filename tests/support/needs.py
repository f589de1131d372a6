"""The IAM rights that a call of botocore needs: action, resource and condition keys, by the services' own tables.

The source of each line is the page "Actions, resources, and condition keys" of the service. A call that is not here
fails its test: then somebody has to look it up.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.support.iam import list_tables

from preheat_simulator import rights
from preheat_simulator.rights import SERVICES, CallPlace, Context, Needed

REGION, ACCOUNT = "eu-central-1", "123456789012"
LISTED, BY_FUNCTION = "0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000002"
MAPPINGS = {LISTED: "any-consumer", BY_FUNCTION: "line-consumer"}  # the function that each event source mapping feeds
type Params = Mapping[str, Any]

KEYS = {"models": "model_id", "ledger": "model_id", "plans": "plan"}
_NAME = re.compile(r"#?[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset({"SET", "ADD", "REMOVE", "DELETE", "AND", "OR", "NOT", "attribute_exists", "attribute_not_exists"})
_ONE_ITEM = {"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "ConditionCheckItem"}


def list_needs(service: str, operation: str, params: Params, tags: Callable[[str], dict[str, str]]) -> Iterator[Needed]:
    """Yield every right that one call needs. `tags` returns the tags of an endpoint by its name."""
    if service == "dynamodb":
        yield from _dynamodb(operation, params)
        return
    makers: dict[str, Callable[[str, Params], Iterator[Needed]]] = {
        "sqs": _sqs,
        "events": _events,
        "sts": _sts,
        "lambda": _lambda,
    }
    if service in SERVICES:
        yield from rights.list_needs(service, operation, params, CallPlace(REGION, ACCOUNT), tags)
        return
    yield from makers[service](operation, params)


def _dynamodb(operation: str, params: Params) -> Iterator[Needed]:
    if operation in _ONE_ITEM:
        table = params["TableName"]
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield Needed(f"dynamodb:{operation}", f"{_table(table)}{index}", _item_context(table, params))
    elif operation == "BatchGetItem":
        for table, wanted in params["RequestItems"].items():
            keys = [str(key[KEYS[table]]["S"]) for key in wanted["Keys"]]
            yield Needed("dynamodb:BatchGetItem", _table(table), {"dynamodb:LeadingKeys": keys})
    elif operation == "TransactWriteItems":
        for action, table, request in list_tables(params):
            yield Needed(f"dynamodb:{action}", _table(table), _item_context(table, request))
    else:
        raise NotImplementedError(f"dynamodb {operation}")


def _item_context(table: str, params: Params) -> Context:
    item = params.get("Key") or params.get("Item") or {}
    key = item.get(KEYS[table])
    names: Mapping[str, str] = params.get("ExpressionAttributeNames", {})
    written = " ".join(str(params.get(one, "")) for one in ("UpdateExpression", "ConditionExpression"))
    named = {names.get(word, word) for word in _NAME.findall(re.sub(r":\w+", "", written)) if word not in _WORDS}
    context: dict[str, str | list[str]] = {"dynamodb:Attributes": sorted({*item, *named})}
    if key is not None:
        context["dynamodb:LeadingKeys"] = [str(*key.values())]
    if "ReturnValues" in params:
        context["dynamodb:ReturnValues"] = params["ReturnValues"]
    return context


def _sqs(operation: str, params: Params) -> Iterator[Needed]:
    if operation == "GetQueueUrl":
        owner, name = params.get("QueueOwnerAWSAccountId", ACCOUNT), params["QueueName"]
    else:
        owner, name = params["QueueUrl"].rstrip("/").split("/")[-2:]
    single = {"SendMessageBatch": "SendMessage"}.get(operation, operation)
    yield Needed(f"sqs:{single}", f"arn:aws:sqs:{REGION}:{owner}:{name}")


def _events(operation: str, params: Params) -> Iterator[Needed]:
    for entry in params["Entries"]:
        bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{entry.get('EventBusName', 'default')}"
        yield Needed(f"events:{operation}", bus, {"events:source": entry["Source"]})


def _sts(operation: str, params: Params) -> Iterator[Needed]:
    yield Needed(f"sts:{operation}", params["RoleArn"], {"sts:ExternalId": params["ExternalId"]})


def _lambda(operation: str, params: Params) -> Iterator[Needed]:
    if operation == "Invoke":
        name = params["FunctionName"]
        arn = name if name.startswith("arn:") else f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        yield Needed("lambda:InvokeFunction", arn)
        return
    mapping = f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{params['UUID']}"
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{MAPPINGS[params['UUID']]}"
    yield Needed(f"lambda:{operation}", mapping, {"lambda:FunctionArn": function})


def _table(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
