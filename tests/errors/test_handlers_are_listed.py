"""The list of error handlers separates those that ran from those that did not."""

import importlib.util
from pathlib import Path

import pytest
from tests.support import handlers


def test_a_handler_that_never_ran_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "sample.py"
    source.write_text(
        "def f(x):\n    try:\n        return 1 / x\n    except ZeroDivisionError:\n        return 0\n"
        "    except (TypeError, KeyError):\n        raise\n"
    )
    monkeypatch.setattr(handlers, "ROOT", tmp_path)
    monkeypatch.setattr(handlers, "TOOL", 3)
    spec = importlib.util.spec_from_file_location("sample", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    listed = handlers.Handlers((source,))
    listed.watch()
    try:
        module.f(2)
        assert len(listed.missing()) == 2
        module.f(0)
    finally:
        listed.end()
    assert listed.missing() == ["sample.py:7: except (TypeError, KeyError)"]


def test_every_module_that_the_list_watches_is_there() -> None:
    assert all(path.exists() for path in handlers.WATCHED)
    assert len(handlers.Handlers().listed) >= 25
