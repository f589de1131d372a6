"""The function `board` in process: the widget that a dashboard gets, and what it gets if the tables do not answer."""

from typing import Any

import pytest
from tests.support.functions import CONTEXT, StackInProcess, function

from preheat.app.board.widget import DESCRIPTION
from preheat.app.ports.errors import StoreUnavailable
from preheat.domain.plan.plan import ModelId


def test_a_dashboard_gets_every_model_in_its_theme(stack: StackInProcess) -> None:
    stack.apply(ModelId("weld-seams"), ModelId("paint-shop"))
    shown = function("board").handler({"widgetContext": {"theme": "dark"}, "anything": "<script>"}, CONTEXT)
    assert shown.startswith("<style>")
    assert '<div class="pb dark">' in shown
    for name in ("weld-seams", "paint-shop", "preheat-line"):
        assert name in shown
    assert "<script" not in shown


def test_a_dashboard_gets_the_description_without_a_read(stack: StackInProcess) -> None:
    board: Any = function("board")
    stack.dynamodb.delete_table(TableName="plans")
    assert board.handler({"describe": True}, CONTEXT) == DESCRIPTION


def test_tables_that_do_not_answer_are_never_shown_as_fine(
    stack: StackInProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    board: Any = function("board")

    def fail(_now: object) -> None:
        raise StoreUnavailable("plans: AccessDenied for arn:aws:iam::123456789012:role/board")

    monkeypatch.setattr(board.boards.reader, "read", fail)
    shown = board.handler({}, CONTEXT)
    assert "cannot read its tables" in shown
    assert "123456789012" not in shown
    assert caplog.messages == ["board failed"]
