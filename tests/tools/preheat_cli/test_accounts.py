"""The command `accounts`, and what `apply` does with regions and accounts."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from preheat.adapters.memory.store import MemoryStore
from preheat.domain.plan.plan import ModelId, Target

type Golden = Callable[[Path, str], None]
type Workbench = Any  # the fixture's class; folders of tests are not packages

GOLDEN = Path(__file__).parent / "golden"
NEAR = "arn:aws:iam::210987654321:role/preheat-member"
FAR = "arn:aws:iam::310987654321:role/line/two/preheat-member"
PLANT = f"""version: 1
defaults: {{role: "{NEAR}"}}
schedules:
  early: {{zone: UTC, windows: [{{days: daily, start: "06:00", end: "14:00"}}]}}
models:
  weld: {{backend: lookoutvision, project: line-weld, version: 3, schedules: [early]}}
  door: {{backend: lookoutvision, project: line-door, version: 1, schedules: [early], region: eu-central-1}}
  parts: {{backend: rekognition, project: parts, version: v1, schedules: [early], region: us-east-1, role: "{FAR}"}}
  bolts: {{backend: rekognition, project: bolts, version: v1, schedules: [early], role: "{FAR}"}}
  paint:
    backend: sagemaker
    endpoint: Paint-A
    config: paint-2
    schedules: [early]
    role: {FAR}
    readiness: {{payload: row.csv}}
"""
ARN = "arn:aws:rekognition:eu-west-1:310987654321:project/parts/version/v1/1700000000000"


def with_known_ids(store: MemoryStore) -> None:
    store.external_ids |= {"210987654321": "preheat-" + "0" * 32, "310987654321": "preheat-" + "1" * 32}


def test_each_account_is_shown_with_its_external_id_and_what_to_deploy_there(bench: Workbench, golden: Golden) -> None:
    (bench.folder / "row.csv").write_text("1,2\n")
    bench.home = replace(bench.home, member_roles=(NEAR,))
    with_known_ids(bench.store)
    result = bench.preheat("accounts", bench.plant(PLANT))
    assert result.exit_code == 0, result.output
    golden(GOLDEN / "accounts.txt", bench.told(result))


def test_as_json_each_account_is_an_object(bench: Workbench) -> None:
    (bench.folder / "row.csv").write_text("1,2\n")
    bench.home = replace(bench.home, member_roles=(NEAR,))
    with_known_ids(bench.store)
    result = bench.preheat("accounts", bench.plant(PLANT), "--format", "json")
    near, far = map(json.loads, result.stdout.splitlines())
    assert (near["account"], near["models"], near["listed"]) == ("210987654321", ["weld", "door"], True)
    assert (far["parameters"]["RoleName"], far["listed"]) == ("preheat-member", False)
    assert bench.preheat("accounts", bench.plant(), "--format", "json").stdout == ""


def test_a_stack_that_is_older_than_its_audit_has_no_role_to_let_in(bench: Workbench) -> None:
    bench.home = replace(bench.home, audit_role="")
    (bench.folder / "row.csv").write_text("1,2\n")
    assert "AuditRoleArn" not in bench.preheat("accounts", bench.plant(PLANT)).output


def test_an_external_id_is_drawn_at_the_first_showing_and_is_the_one_that_apply_stores(bench: Workbench) -> None:
    (bench.folder / "row.csv").write_text("1,2\n")
    shown = bench.preheat("accounts", bench.plant(PLANT)).output
    drawn = re.findall(r"ExternalId  (preheat-[0-9a-f]{32})", shown)
    assert len(set(drawn)) == 2
    assert bench.preheat("accounts", bench.plant(PLANT)).output == shown
    assert bench.preheat("apply", bench.plant(PLANT), "--yes").exit_code == 0
    assert [bench.store.read_membership(account).external_id for account in ("210987654321", "310987654321")] == drawn


def test_a_plant_in_one_account_needs_nothing(bench: Workbench) -> None:
    result = bench.preheat("accounts", bench.plant())
    assert (result.exit_code, bench.told(result)) == (
        0,
        "plant.yaml: no model names a role; all models are in the stack's own account\n",
    )
    assert bench.store.external_ids == {}


def test_a_model_that_names_the_stacks_own_region_is_no_other_target(bench: Workbench) -> None:
    plant = PLANT.replace("    readiness: {payload: row.csv}\n", "")
    assert bench.preheat("apply", bench.plant(plant), "--yes").exit_code == 0
    assert bench.store.read_planned(ModelId("door")).model.target == Target("line-door", "1", role=NEAR)


def test_an_arn_of_another_account_needs_a_role_that_leads_there(bench: Workbench) -> None:
    plant = PLANT[: PLANT.index("models:")].replace(f'defaults: {{role: "{NEAR}"}}\n', "")
    plant += f"models:\n  parts: {{backend: rekognition, arn: {ARN!r}, schedules: [early]}}\n"
    result = bench.preheat("apply", bench.plant(plant), "--yes")
    assert result.exit_code == 2
    assert bench.told(result).splitlines() == [
        (
            "plant.yaml: models.parts.arn: found account 310987654321; accepted: an ARN of the stack's account "
            "123456789012, or also a role of account 310987654321"
        ),
        "plant.yaml: 1 problem; no change applied",
    ]
    assert bench.store.read_plan_version() == 0
    bench.home = replace(bench.home, reconcile_role="arn:aws:iam::310987654321:role/preheat-ReconcileRole")
    assert bench.preheat("apply", bench.plant(plant), "--yes").exit_code == 0
