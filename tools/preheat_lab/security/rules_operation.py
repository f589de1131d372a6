"""Rules about data, operation, cost: points 7 to 14, and 23. Each takes the expanded template and yields findings."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from preheat_lab.security.template import Json, find_resources, name_of, text_of

FUNCTION, MAPPING, QUEUE = "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping", "AWS::SQS::Queue"
DASHBOARD = "AWS::CloudWatch::Dashboard"
# From AWS's page "Lambda runtimes": the day after which a runtime gets no security patches.
PATCHED_UNTIL = {"python3.13": date(2029, 6, 30)}
_KEY = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]}
_SECRET = re.compile(r"SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|CREDENTIAL|PRIVATE", re.IGNORECASE)
COST_BOUNDS = {
    "PREHEAT_REQUEST_MAX_UNIT_HOURS": "RequestMaxUnitHours",
    "PREHEAT_REQUEST_MAX_DAYS": "RequestMaxDays",
}
COST_METRICS = ("AskedUnitHours", "HostedUnitHours")
VISIBILITY_FACTOR, LEAST_RECEIVES = 6, 5


def find_unencrypted(template: Json) -> Iterator[str]:
    """Point 7: every store encrypts data at rest, by the key of the parameter if there is one."""
    for name, queue in find_resources(template, QUEUE).items():
        if (
            queue.get("SqsManagedSseEnabled") != {"Fn::If": ["HasKey", False, True]}
            or queue.get("KmsMasterKeyId") != _KEY
        ):
            yield f"{name}: not encrypted"
    for name, table in find_resources(template, "AWS::DynamoDB::Table").items():
        encryption = table.get("SSESpecification", {})
        if encryption.get("SSEEnabled") is not True or encryption.get("KMSMasterKeyId") != _KEY:
            yield f"{name}: not encrypted"
    for name, topic in find_resources(template, "AWS::SNS::Topic").items():
        if topic.get("KmsMasterKeyId") != _KEY:
            yield f"{name}: the key of the parameter does not encrypt it"
    for name, group in find_resources(template, "AWS::Logs::LogGroup").items():
        if group.get("KmsKeyId") != _KEY:
            yield f"{name}: the key of the parameter does not encrypt it"


def find_losable_tables(template: Json) -> Iterator[str]:
    """Point 8: tables have point-in-time recovery and outlive the stack."""
    for name, table in find_resources(template, "AWS::DynamoDB::Table").items():
        resource = template["Resources"][name]
        if table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is not True:
            yield f"{name}: no point-in-time recovery"
        if resource.get("DeletionPolicy") not in ("Retain", "RetainExceptOnCreate"):
            yield f"{name}: deleted with the stack"
        if resource.get("UpdateReplacePolicy") != "Retain":
            yield f"{name}: lost when it is replaced"
        protection = table.get("DeletionProtectionEnabled")
        default = template["Parameters"].get(name_of(protection), {}).get("Default")
        if protection is not True and default != "true":
            yield f"{name}: no deletion protection by default"


def find_unkept_logs(template: Json) -> Iterator[str]:
    """Point 9: each function logs to a declared group that keeps its lines 30 to 400 days."""
    groups = find_resources(template, "AWS::Logs::LogGroup")
    for name, function in find_resources(template, FUNCTION).items():
        if name_of(function.get("LoggingConfig", {}).get("LogGroup")) not in groups:
            yield f"{name}: its log group is not declared"
    for name, group in groups.items():
        kept = group.get("RetentionInDays")
        days = (
            [kept] if isinstance(kept, int) else template["Parameters"].get(name_of(kept), {}).get("AllowedValues", [])
        )
        if not days or not all(30 <= int(each) <= 400 for each in days):
            yield f"{name}: kept {days} days"


def find_unbounded(template: Json) -> Iterator[str]:
    """Point 10: a queue never takes all concurrency of the account; reserving some is a parameter."""
    for name, mapping in find_resources(template, MAPPING).items():
        if "Queue" in name_of(mapping["EventSourceArn"]) and not mapping.get("ScalingConfig", {}).get(
            "MaximumConcurrency"
        ):
            yield f"{name}: no MaximumConcurrency"
    reserved = text_of(find_resources(template, FUNCTION)["ReconcileFunction"].get("ReservedConcurrentExecutions"))
    if "ReservedConcurrency" not in reserved or template["Parameters"]["ReservedConcurrency"]["Default"] != 0:
        yield "ReconcileFunction: ReservedConcurrency does not reach it, or reserves by default"


def find_lost_failures(template: Json) -> Iterator[str]:
    """Point 11: what fails ends in a queue, and one message there raises an alarm."""
    keepers: set[str] = set()
    found: list[tuple[str, object]] = []
    queues = find_resources(template, QUEUE)
    for name, mapping in find_resources(template, MAPPING).items():
        source = name_of(mapping["EventSourceArn"])
        if source in queues:
            found.append((source, queues[source].get("RedrivePolicy", {}).get("deadLetterTargetArn")))
        else:
            found.append((name, _on_failure(mapping)))
    for name, schedule in find_resources(template, "AWS::Scheduler::Schedule").items():
        found.append((name, schedule["Target"].get("DeadLetterConfig", {}).get("Arn")))
    for name, rule in find_resources(template, "AWS::Events::Rule").items():
        found += [(name, target.get("DeadLetterConfig", {}).get("Arn")) for target in rule["Targets"]]
    configured = {
        name_of(each["FunctionName"]): each
        for each in find_resources(template, "AWS::Lambda::EventInvokeConfig").values()
    }
    polled = {name_of(mapping["FunctionName"]) for mapping in find_resources(template, MAPPING).values()}
    # A dashboard calls the function of a widget and waits, so its reader sees the failure.
    boards = [text_of(each["DashboardBody"]) for each in find_resources(template, DASHBOARD).values()]
    awaited = {
        name for name in find_resources(template, FUNCTION) if any(f"${{{name}.Arn}}" in text for text in boards)
    }
    for name in find_resources(template, FUNCTION).keys() - polled - awaited:
        found.append((name, _on_failure(configured.get(name, {}))))
    for name, keeper in found:
        keepers.add(name_of(keeper))
        if name_of(keeper) not in queues:
            yield f"{name}: a failure is lost"
    alarmed = {
        name_of(dimension["Value"])
        for alarm in find_resources(template, "AWS::CloudWatch::Alarm").values()
        if (alarm.get("MetricName"), alarm.get("Threshold")) == ("ApproximateNumberOfMessagesVisible", 0)
        and alarm.get("ComparisonOperator") == "GreaterThanThreshold"
        for dimension in alarm.get("Dimensions", [])
    }
    yield from (f"{keeper}: no alarm on its first message" for keeper in sorted(keepers - alarmed - {""}))


def find_hasty_retries(template: Json) -> Iterator[str]:
    """Point 12: a message stays hidden long enough, fails alone, and gets at least five tries."""
    queues, functions = find_resources(template, QUEUE), find_resources(template, FUNCTION)
    for name, mapping in find_resources(template, MAPPING).items():
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name}: a failure fails its whole batch"
        queue = queues.get(name_of(mapping["EventSourceArn"]))
        if queue is None:
            continue
        if (
            queue.get("VisibilityTimeout", 30)
            < VISIBILITY_FACTOR * functions[name_of(mapping["FunctionName"])]["Timeout"]
        ):
            yield f"{name}: the message comes again while its function may still work"
        if queue.get("RedrivePolicy", {}).get("maxReceiveCount", 0) < LEAST_RECEIVES:
            yield f"{name}: fewer than {LEAST_RECEIVES} tries"


def find_old_runtimes(template: Json, *, today: date) -> Iterator[str]:
    """Point 13: a runtime with patches for 12 months, a stated processor, and traces by parameter."""
    for name, function in find_resources(template, FUNCTION).items():
        until = PATCHED_UNTIL.get(function["Runtime"])
        if until is None or until < today + timedelta(days=365):
            yield f"{name}: {function['Runtime']} has patches for less than 12 months"
        if not function.get("Architectures"):
            yield f"{name}: no processor is stated"
        if "Active" not in text_of(function.get("TracingConfig", {})):
            yield f"{name}: cannot be traced"


def find_secret_settings(template: Json) -> Iterator[str]:
    """Point 14: no parameter and no variable of a function holds a secret."""
    for name, function in find_resources(template, FUNCTION).items():
        variables = function.get("Environment", {}).get("Variables", {})
        yield from (f"{name}: {variable}" for variable in variables if _SECRET.search(variable))
    yield from (f"parameter {name}" for name in template["Parameters"] if _SECRET.search(name))
    if "{{resolve:" in text_of(template):
        yield "a value is resolved from a secret into the template"


def find_unbounded_costs(template: Json) -> Iterator[str]:
    """Point 23: what requests may cost has a bound that reaches their function, and alarms watch what models cost."""
    variables = find_resources(template, FUNCTION)["RequestsFunction"].get("Environment", {}).get("Variables", {})
    for variable, parameter in COST_BOUNDS.items():
        declared = template["Parameters"].get(parameter, {})
        if name_of(variables.get(variable)) != parameter:
            yield f"RequestsFunction: {parameter} does not reach it"
        if not declared.get("Default") or not declared.get("MaxValue"):
            yield f"{parameter}: no bound by default, or any value"
    alarms = find_resources(template, "AWS::CloudWatch::Alarm")
    for metric in COST_METRICS:
        watched = [each for each in alarms.values() if each.get("MetricName") == metric and each.get("AlarmActions")]
        if not any(template["Parameters"].get(name_of(each["Threshold"]), {}).get("Default") for each in watched):
            yield f"{metric}: no alarm by default"
    if not find_resources(template, "AWS::Budgets::Budget"):
        yield "no budget of AWS"


def _on_failure(configured: Json) -> object:
    return configured.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
