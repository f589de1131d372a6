"""The resources that stay after the stack is gone: `docs/upgrade-and-remove.md` compared with the template."""

import re
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[2] / "docs" / "upgrade-and-remove.md").read_text(encoding="utf-8")
STAYS = PAGE.partition("| what stays |")[2].partition("\n\n")[0]
COUNTED = {3: "three", 4: "four", 5: "five"}


def test_only_the_tables_outlive_the_stack_and_the_page_counts_them(template: dict[str, Any]) -> None:
    kept = {
        name: each["Type"]
        for name, each in template["Resources"].items()
        if each.get("DeletionPolicy", "Delete") != "Delete"
    }
    assert set(kept.values()) == {"AWS::DynamoDB::Table"}
    assert f"the {COUNTED[len(kept)]} DynamoDB tables" in STAYS


def test_the_page_says_that_the_log_groups_go(template: dict[str, Any]) -> None:
    groups = [each for each in template["Resources"].values() if each["Type"] == "AWS::Logs::LogGroup"]
    assert groups
    assert {each.get("DeletionPolicy") for each in groups} == {"Delete"}
    assert "log group" not in STAYS
    assert "The stack deletes the log groups" in PAGE
    names = {str(each["Properties"]["LogGroupName"]) for each in groups}
    (named,) = re.findall(r"--log-group-name (\S+)", PAGE)
    assert any(named in name.replace("${AWS::StackName}", "preheat") for name in names)
