"""Rules about who may do what: points 1 to 6. Each takes the expanded template and returns what is wrong."""

from collections.abc import Iterator, Mapping

from preheat_lab.security.template import (
    Json,
    Statement,
    as_list,
    find_identity_statements,
    find_resource_statements,
    find_resources,
    name_of,
    text_of,
)

LEDGER = "LedgerTable"
REWRITES = frozenset(
    {
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:PartiQLDelete",
        "dynamodb:PartiQLUpdate",
        "dynamodb:UpdateItem",
    }
)
HOSTING = ("lookoutvision:", "rekognition:", "sagemaker:")
_PREFIX = "${ProjectPrefix}*"


def find_wildcards(template: Json, without_resource: Mapping[str, str]) -> Iterator[str]:
    """Point 1. `without_resource`: actions whose service knows no resource, each with the reason."""
    used = set()
    for statement in _find_allowed(find_identity_statements(template)):
        if {"NotAction", "NotResource"} & set(statement.body):
            yield f"{statement.of}: NotAction or NotResource allows everything else"
        yield from (f"{statement.of}: wildcard {action}" for action in statement.actions if "*" in action)
        if "*" in statement.resources:
            used |= set(statement.actions)
            unlisted = [action for action in statement.actions if action not in without_resource]
            yield from (f"{statement.of}: {action} on every resource" for action in unlisted)
    yield from (
        f"{action} is listed as without resource and is used nowhere" for action in without_resource.keys() - used
    )
    for role in find_resources(template, "AWS::IAM::Role").values():
        yield from (
            f"a managed policy from outside the template: {text_of(arn)}" for arn in role.get("ManagedPolicyArns", [])
        )


def find_shared_roles(template: Json) -> Iterator[str]:
    """Point 2: each function has a role of its own, which only Lambda may assume."""
    roles = find_resources(template, "AWS::IAM::Role")
    owners: dict[str, str] = {}
    for name, function in find_resources(template, "AWS::Lambda::Function").items():
        role = name_of(function["Role"])
        if role in owners:
            yield f"{name} and {owners[role]} share {role}"
        owners[role] = name
        for trust in as_list(
            roles.get(role, {"AssumeRolePolicyDocument": {"Statement": []}})["AssumeRolePolicyDocument"]["Statement"]
        ):
            if trust["Principal"] != {"Service": "lambda.amazonaws.com"} and trust["Principal"] != {
                "Service": ["lambda.amazonaws.com"]
            }:
                yield f"{role}: others than Lambda may assume it"
        if role not in roles:
            yield f"{name}: its role is not in the template"


def find_ledger_writers(template: Json) -> Iterator[str]:
    """Point 3: nobody may change a ledger item; roles may only put, and a policy denies them the rest by name."""
    functions = {name_of(function["Role"]) for function in find_resources(template, "AWS::Lambda::Function").values()}
    denied: dict[str, set[str]] = {role: set() for role in functions}
    for statement in find_identity_statements(template):
        if not any(name_of(resource) == LEDGER for resource in statement.resources):
            continue
        for role in statement.roles or (statement.of,):
            if statement.effect == "Deny":
                denied.setdefault(role, set()).update(statement.actions)
            elif rewrites := REWRITES & set(statement.actions):
                yield f"{role}: {', '.join(sorted(rewrites))} on the ledger"
    for role, actions in denied.items():
        if missing := REWRITES - actions:
            yield f"{role}: {', '.join(sorted(missing))} on the ledger is not denied"


def find_unnamed_models(template: Json, without_resource: Mapping[str, str]) -> Iterator[str]:
    """Point 4: the roles reach models, projects and endpoints only under the prefix, which has no default."""
    prefix = template["Parameters"].get("ProjectPrefix", {})
    if "Default" in prefix or "*" in prefix.get("AllowedPattern", "*") or not prefix:
        yield "ProjectPrefix has a default or accepts a wildcard"
    for statement in _find_allowed(find_identity_statements(template)):
        actions = [action for action in statement.actions if action.startswith(HOSTING)]
        for resource in statement.resources if actions else ():
            text = text_of(resource)
            if resource == "*" and all(action in without_resource for action in actions):
                continue
            if _PREFIX not in text or "${AWS::AccountId}" not in text:
                yield f"{statement.of}: {', '.join(actions)} on {text}"


def find_confused_deputies(template: Json) -> Iterator[str]:
    """Point 5: a service assumes a role only for this account and source; nobody passes a role on."""
    for name, role in find_resources(template, "AWS::IAM::Role").items():
        for trust in as_list(role["AssumeRolePolicyDocument"]["Statement"]):
            services = as_list(trust["Principal"].get("Service", []))
            limits = trust.get("Condition", {}).get("StringEquals", {})
            if services != ["lambda.amazonaws.com"] and not {"aws:SourceAccount", "aws:SourceArn"} <= limits.keys():
                yield f"{name}: its trust lacks aws:SourceAccount or aws:SourceArn"
    for statement in _find_allowed(find_identity_statements(template)):
        yield from (f"{statement.of}: {action}" for action in statement.actions if action == "iam:PassRole")
    for name, permission in find_resources(template, "AWS::Lambda::Permission").items():
        if not {"SourceArn", "SourceAccount"} & permission.keys():
            yield f"{name}: a service may invoke the function for any source"


def find_open_doors(template: Json) -> Iterator[str]:
    """Point 6: queues and topics refuse plain HTTP and let nobody in by name of everybody."""
    by_owner: dict[str, list[Statement]] = {}
    for statement in find_resource_statements(template):
        by_owner.setdefault(statement.of, []).append(statement)
        everybody = statement.body.get("Principal") in ("*", {"AWS": "*"})
        if statement.effect == "Allow" and everybody:
            yield f"{statement.of}: everybody is allowed {', '.join(statement.actions)}"
    for owner in find_resources(template, "AWS::SQS::Queue", "AWS::SNS::Topic"):
        found = [one for one in by_owner.get(owner, []) if one.effect == "Deny" and one.body.get("Principal") == "*"]
        if not any(one.body.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}} for one in found):
            yield f"{owner}: plain HTTP is not denied"
        if not any("aws:SecureTransport" not in text_of(one.body.get("Condition", {})) for one in found):
            yield f"{owner}: no Deny names who may send"


def _find_allowed(statements: Iterator[Statement]) -> Iterator[Statement]:
    return (statement for statement in statements if statement.effect == "Allow")
