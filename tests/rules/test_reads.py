"""Every read of DynamoDB that the layer makes is strongly consistent, but for those on a stated list."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import preheat

LAYER = Path(preheat.__file__).parent  # the code under test, also if it is a copy
STORE = LAYER / "adapters/dynamodb"
READS = frozenset(
    {
        "query",
        "get_item",
        "batch_get_item",
        "scan",
        "get",
        "batch_get",
        "count",
        "transact_get_items",
        "refresh",
        "rate_limited_scan",
        "get_from_tables",
    }
)
# The due index is a hint, and so is the glance of a resync or an audit at records. Each pass reads its own record.
MAY_LAG = [
    ("fleet.py", "self._tables.records.due.query(shard, bound)"),
    ("fleet.py", "self._tables.connection.batch_get_item(name, some)"),
]
MAY_GLANCE = {"app/audit/seen.py", "app/reconcile/glancing.py", "app/tick.py"}
WORDS = ("consistent_read", "ConsistentRead")


def modules() -> list[Path]:
    return sorted(STORE.glob("*.py"))


def aliases(tree: ast.Module) -> set[str]:
    """Return the names under which a module calls a read that it took from its table or connection first."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr in READS:
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def reads(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call that reads a table, with its source."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    named = aliases(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        direct = False
        if isinstance(called, ast.Attribute) and called.attr in READS:
            of = ast.unparse(called.value)
            direct = ("_tables" in of or "connection" in of) and "_patience.call(" not in of
        if direct or (isinstance(called, ast.Name) and called.id in named):
            yield ast.unparse(node), node


def is_consistent(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr == "get_from_tables":
        return True  # `test_keys_that_are_handed_on_are_read_consistently` has its keys.
    return any(
        word.arg in WORDS and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in call.keywords
    )


ALL = [(path.name, source, call) for path in modules() for source, call in reads(path)]


def test_the_store_reads_in_as_many_places_as_this_test_knows() -> None:
    assert len(ALL) >= 8
    modules_that_read = {"applies.py", "basis.py", "fleet.py", "members.py", "records.py", "requests.py"}
    assert {name for name, _, _ in ALL} == modules_that_read


@pytest.mark.parametrize(("name", "source", "call"), ALL, ids=[f"{name}: {source[:60]}" for name, source, _ in ALL])
def test_a_read_is_strongly_consistent_unless_it_is_listed(name: str, source: str, call: ast.Call) -> None:
    assert is_consistent(call) is not ((name, source) in MAY_LAG)


def test_only_a_resync_an_audit_and_a_round_of_glances_read_records_that_may_lag() -> None:
    found = {
        str(path.relative_to(LAYER))
        for path in sorted((LAYER / "app").rglob("*.py"))
        if "ports" not in path.parts and ".glance_at_many(" in path.read_text(encoding="utf-8")
    }
    assert found == MAY_GLANCE


def test_what_may_lag_is_still_there() -> None:
    assert sorted((name, source) for name, source, call in ALL if not is_consistent(call)) == sorted(MAY_LAG)


def test_options_that_are_handed_on_are_consistent_too() -> None:
    """`ResultIterator` takes the options of its query as a dictionary."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict) and any(
                isinstance(key, ast.Constant) and key.value == "range_key_condition" for key in node.keys
            ):
                told = dict(zip((ast.unparse(key) for key in node.keys if key), node.values, strict=True))
                assert ast.unparse(told["'consistent_read'"]) == "True"


def test_keys_that_are_handed_on_are_read_consistently() -> None:
    """`get_from_tables` takes keys by table, each with options of its own."""
    found = 0
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict) and any(
                isinstance(key, ast.Constant) and key.value == "Keys" for key in node.keys
            ):
                told = dict(zip((ast.unparse(key) for key in node.keys if key), node.values, strict=True))
                assert ast.unparse(told["'ConsistentRead'"]) == "True"
                found += 1
    assert found == 1


def test_no_read_turns_consistency_off() -> None:
    for path in sorted(LAYER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in WORDS:
                assert ast.unparse(node.value) == "True", f"{path.name}:{node.value.lineno}"


def test_nothing_but_the_store_reads_a_table() -> None:
    for path in sorted(LAYER.rglob("*.py")):
        if path.parent != STORE:
            assert "pynamodb" not in path.read_text(encoding="utf-8"), path
