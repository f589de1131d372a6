"""The page on security says what a stolen role of each function can do, as the template has it now."""

from pathlib import Path

from preheat_lab.security.template import find_identity_statements, find_resources, name_of, read_expanded

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")


def test_the_page_has_the_rights_of_each_function_as_the_template_has_them() -> None:
    template = read_expanded()
    roles = {name_of(function["Role"]) for function in find_resources(template, "AWS::Lambda::Function").values()}
    for role in sorted(roles):
        actions = {
            action
            for statement in find_identity_statements(template)
            if statement.effect == "Allow" and role in statement.roles
            for action in statement.actions
            if not action.startswith(("logs:", "kms:", "xray:"))
        }
        line = f"{role}: {', '.join(sorted(actions))}"
        assert f"- {line}\n" in PAGE, f"docs/security.md needs the line: - {line}"
