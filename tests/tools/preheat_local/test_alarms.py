"""The judgement of an alarm on the local AWS, against the two tables of CloudWatch's documentation on missing data.

In a pattern, oldest first: `0` does not cross, `X` does, `-` is a period without data.
"""

from datetime import UTC, datetime, timedelta

import pytest

from preheat_local import LocalAwsError
from preheat_local.alarms import LOOKS_BACK, Alarm, AlarmState, MissingData

NOW = datetime(2026, 11, 24, 6, 0, 30, tzinfo=UTC)
OK, ALARM, NONE = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT
KEPT = "kept"
DESCRIBED = {
    "AlarmName": "late",
    "Namespace": "Preheat",
    "MetricName": "StartsLate",
    "Dimensions": [{"Name": "service", "Value": "preheat"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
    "Threshold": 0.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def judge_alarm(pattern: str, missing: MissingData, raised_by: int, before: AlarmState) -> AlarmState:
    alarm = Alarm.read(DESCRIBED | {"DatapointsToAlarm": raised_by, "TreatMissingData": missing.value})
    begin, end = alarm.span(NOW)
    signs = pattern.split()
    assert begin + len(signs) * alarm.period == end
    data = {
        begin + number * alarm.period: {"0": 0.0, "X": 1.0}[sign] for number, sign in enumerate(signs) if sign != "-"
    }
    return alarm.judge(data, before)


@pytest.mark.parametrize(
    ("raised_by", "pattern", "states"),
    [
        # In the order missing, ignore, breaching, notBreaching.
        (3, "0 - X - X", (OK, OK, OK, OK)),
        (3, "0 - - - -", (OK, OK, OK, OK)),
        (3, "- - - - -", (NONE, KEPT, ALARM, OK)),
        (3, "0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
        (3, "- - X - -", (ALARM, KEPT, ALARM, OK)),
        (2, "0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
        (2, "0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
        (2, "0 - X - -", (OK, OK, ALARM, OK)),
        (2, "- - - - 0", (OK, OK, ALARM, OK)),
        (2, "- - - X -", (ALARM, KEPT, ALARM, OK)),
    ],
)
def test_missing_data_counts_as_the_documentation_has_it(
    raised_by: int, pattern: str, states: tuple[AlarmState | str, ...]
) -> None:
    for before in AlarmState:
        for missing, state in zip(MissingData, states, strict=True):
            assert judge_alarm(pattern, missing, raised_by, before) == (before if state == KEPT else state), missing


def test_whole_periods_count_and_the_last_is_the_one_that_it_is_now() -> None:
    begin, end = Alarm.read(DESCRIBED).span(NOW)
    assert end == datetime(2026, 11, 24, 6, 1, tzinfo=UTC)
    assert end - begin == (3 + LOOKS_BACK) * timedelta(minutes=1)


@pytest.mark.parametrize(
    "change", [{"Metrics": [{"Id": "m1"}]}, {"Statistic": "p90"}, {"ComparisonOperator": "LessThanLowerThreshold"}]
)
def test_what_is_not_judged_here_is_refused_by_name(change: dict[str, object]) -> None:
    with pytest.raises(LocalAwsError, match="cannot evaluate alarm late"):
        Alarm.read(DESCRIBED | change)
