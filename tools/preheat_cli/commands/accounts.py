"""`preheat accounts`: list the other accounts of a plant file, with what to deploy in each.

The ExternalId comes from the store, which draws one for each account.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any

import typer

from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, read_account
from preheat_cli.errors import report_errors
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.planning import PlantPath, check_accounts, read_plant_file
from preheat_cli.printing import print_lines
from preheat_cli.stack import Home, Surroundings

PREFIXES = {Backend.LOOKOUT_VISION: "LookoutVisionPrefix", Backend.REKOGNITION: "RekognitionPrefix"}


@takes_stack
def accounts(
    context: typer.Context,
    file: PlantPath,
    *,
    stack: StackOptions,
    form: FormatOption = Format.TABLE,
) -> None:
    """List the other accounts of a plant file, each with its ExternalId and what to deploy there."""
    with report_errors():
        from preheat_plantfile.compiling.plan import compile_models  # noqa: PLC0415 - loads the file's typed model

        plant = read_plant_file(file)
        surroundings = Surroundings.of(context)
        opened = surroundings.open(stack)
        store, home = opened.store, opened.home
        check_accounts(file, plant, home)
        models = compile_models(plant, now=surroundings.clock.now(), previous={}, region=home.region)
        by_role: dict[str, list[HostedModel]] = {}
        for model in models:
            if model.target.role is not None:
                by_role.setdefault(model.target.role, []).append(model)
        if not by_role and form is Format.TABLE:
            typer.echo(f"{file}: no model names a role; all models are in the stack's own account")
        for role, members in by_role.items():
            external_id = store.ensure_external_id(members[0].target.account or "")
            if form is Format.JSON:
                typer.echo(json.dumps(_row(role, members, external_id, home)))
            else:
                print_lines(_describe(role, members, external_id, home))


def _row(role: str, models: Sequence[HostedModel], external_id: str, home: Home) -> dict[str, Any]:
    """Return one account as JSON fields; `unclear` are parameters that a person has to fill in."""
    parameters, unclear = _parameters(role, models, external_id, home)
    return {
        "account": read_account(role),
        "role": role,
        "models": [model.model_id for model in models],
        "external_id": external_id,
        "listed": role in home.member_roles,
        "parameters": parameters,
        "unclear": unclear,
    }


def _describe(role: str, models: Sequence[HostedModel], external_id: str, home: Home) -> Iterator[str]:
    allowed = "yes" if role in home.member_roles else f"no; add it to MemberRoleArns and deploy {home.stack_name} again"
    yield f"account {role.split(':')[4]}"
    yield f"  role        {role}"
    yield f"  models      {', '.join(model.model_id for model in models)}"
    yield f"  ExternalId  {external_id}"
    yield f"  listed      {allowed}"
    parameters, unclear = _parameters(role, models, external_id, home)
    for what in unclear:
        yield f"  to fill in  {what}"
    yield "  deploy with credentials of that account:"
    yield "    aws cloudformation deploy --template-file templates/member-role.yaml --stack-name preheat-member \\"
    yield "      --capabilities CAPABILITY_NAMED_IAM --parameter-overrides \\"
    for number, (name, value) in enumerate(parameters.items(), start=1):
        yield f"      {name}={value}" + (" \\" if number < len(parameters) else "")


def _parameters(
    role: str, models: Sequence[HostedModel], external_id: str, home: Home
) -> tuple[dict[str, str], list[str]]:
    """Return the template's parameters, and those that do not follow from the models."""
    path, _, name = role.split(":", 5)[5].removeprefix("role").rpartition("/")
    regions = sorted({model.target.region or home.region for model in models})
    found = {"ReconcileRoleArn": home.reconcile_role}
    if home.audit_role:
        found["AuditRoleArn"] = home.audit_role
    found |= {"ExternalId": external_id, "RoleName": name}
    if path:
        found["RolePath"] = f"{path}/"
    found["Regions"] = ",".join(regions)
    unclear = []
    for model in models:
        target = model.target
        endpoint = target.backend is Backend.SAGEMAKER
        names = {"EndpointPrefix": target.project.lower(), "EndpointConfigPrefix": target.version.lower()}
        for parameter, value in (names if endpoint else {PREFIXES[target.backend]: target.project}).items():
            begins = value if parameter not in found else _common_start(found[parameter], value)
            if not begins and parameter not in unclear:
                unclear.append(parameter)
            found[parameter] = begins
    for parameter in unclear:
        found[parameter] = "…"
    if any(model.target.backend is Backend.SAGEMAKER for model in models):
        found["StackName"] = home.stack_name
    if any(model.readiness is not None for model in models):
        found["AllowInference"] = "true"
    return found, [f"{parameter}: the names of the models do not share a prefix" for parameter in unclear]


def _common_start(one: str, other: str) -> str:
    return "".join(pair[0] for pair in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
