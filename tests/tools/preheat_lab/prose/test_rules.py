"""Every rule of the prose linter finds its breach, and leaves the plain sentence alone."""

import pytest

from preheat_lab.prose.rules import Rule, findings, sentences


@pytest.mark.parametrize(
    ("rule", "breach", "plain"),
    [
        (Rule.WORD, "The ledger tells of it.", "The ledger records it."),
        (Rule.WORD, "Mend the cause, apply again.", "Fix the cause, apply again."),
        (Rule.WORD, "The hold stands until noon.", "The hold is active until noon."),
        (Rule.WORD, "It waits, for it cannot read the queue.", "It waits for one minute."),
        (Rule.PASSIVE, "The model is not yet started.", "Preheat starts the model."),
        (Rule.PASSIVE, "The queue is read.", "The queue is red."),
        (Rule.CLAUSE, "What can never be sent, it keeps.", "It keeps records that it cannot send."),
        (Rule.PARTICIPLE, "The wanted is compared.", "The wanted state differs."),
        (Rule.LONG, "word " * 26, "word " * 25),
    ],
)
def test_a_rule_finds_its_breach_only(rule: Rule, breach: str, plain: str) -> None:
    assert rule in {finding.rule for finding in findings(breach)}
    assert list(findings(plain)) == []


def test_a_question_and_a_heading_may_begin_with_what() -> None:
    assert list(findings("What can you do?")) == []
    assert list(findings("What you can do:")) == []
    assert list(findings("What you need", heading=True)) == []


def test_a_sentence_ends_before_a_capital_and_not_at_an_abbreviation() -> None:
    assert sentences("Run it, e.g. Now. See `_`. It takes 1.5 s.") == [
        "Run it, e.g. Now.",
        "See `_`.",
        "It takes 1.5 s.",
    ]
