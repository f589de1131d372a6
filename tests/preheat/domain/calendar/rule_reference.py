"""A slow reference for recurrence rules: expands period by period, by the words of the table in RFC 5545 (3.3.10).

Shares nothing with the engine: it works on texts and lists, counts weeks by walking, and picks numbered days from lists
of all such days.
"""

import calendar
from datetime import date, timedelta
from random import Random

DAY = timedelta(days=1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def dates_until(text: str, anchor: date, last: date) -> set[date]:
    """Return the dates from `anchor` to `last` that a rule means."""
    parts = dict(part.split("=") for part in text.split(";"))
    _complete(parts, anchor)
    step = int(parts.get("INTERVAL", "1"))
    found: set[date] = set()
    for number, period in enumerate(_periods(parts, anchor, last)):
        if number % step == 0:
            found.update(_positions(parts, _expand(parts, period)))
    return {day for day in found if anchor <= day <= last}


def _complete(parts: dict[str, str], anchor: date) -> None:
    """Take from the first date what the rule does not say (RFC 8984, 4.3.3.1)."""
    weekday, month_day, month = WEEKDAYS[anchor.weekday()], str(anchor.day), str(anchor.month)
    days = {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & set(parts)
    match parts["FREQ"]:
        case "WEEKLY" if not days:
            parts["BYDAY"] = weekday
        case "MONTHLY" if not days:
            parts["BYMONTHDAY"] = month_day
        case "YEARLY" if not days and "BYWEEKNO" in parts:
            parts["BYDAY"] = weekday
        case "YEARLY" if not days:
            parts.setdefault("BYMONTH", month)
            parts["BYMONTHDAY"] = month_day
        # A numbered weekday counts in the year, and so says its month.
        case "YEARLY" if not {"BYMONTH", "BYWEEKNO", "BYYEARDAY"} & set(parts) and "BYMONTHDAY" in days:
            if not any(character.isdigit() for character in parts.get("BYDAY", "")):
                parts["BYMONTH"] = month


def _periods(parts: dict[str, str], anchor: date, last: date) -> list[list[date]]:
    """Return all days of every period from the anchor's to the last date's, whole periods."""
    starts = WEEKDAYS.index(parts.get("WKST", "MO"))
    day, periods = anchor, list[list[date]]()
    while (parts["FREQ"] == "YEARLY" and (day.month, day.day) != (1, 1)) or (
        parts["FREQ"] == "MONTHLY" and day.day != 1
    ):
        day -= DAY
    while parts["FREQ"] == "WEEKLY" and day.weekday() != starts:
        day -= DAY
    while day <= last:
        period = [day]
        while True:
            following = period[-1] + DAY
            if {
                "DAILY": True,
                "WEEKLY": following.weekday() == starts,
                "MONTHLY": following.day == 1,
                "YEARLY": (following.month, following.day) == (1, 1),
            }[parts["FREQ"]]:
                break
            period.append(following)
        periods.append(period)
        day = following
    return periods


def _expand(parts: dict[str, str], period: list[date]) -> list[date]:
    days = period
    if "BYMONTH" in parts:
        days = [day for day in days if str(day.month) in parts["BYMONTH"].split(",")]
    if "BYWEEKNO" in parts:
        numbered = _weeks(period[0].year, WEEKDAYS.index(parts.get("WKST", "MO")))
        wanted = {int(text) for text in parts["BYWEEKNO"].split(",")}
        days = [day for day in days if wanted & numbered[day]]
    if "BYYEARDAY" in parts:
        length = 366 if calendar.isleap(period[0].year) else 365
        wanted = {int(text) % (length + 1) for text in parts["BYYEARDAY"].split(",") if abs(int(text)) <= length}
        days = [day for day in days if (day - date(day.year, 1, 1)).days + 1 in wanted]
    if "BYMONTHDAY" in parts:
        chosen = []
        for text in parts["BYMONTHDAY"].split(","):
            for day in days:
                length = calendar.monthrange(day.year, day.month)[1]
                if day.day == (int(text) if int(text) > 0 else length + 1 + int(text)):
                    chosen.append(day)
        days = sorted(set(chosen))
    if "BYDAY" in parts:
        united: set[date] = set()
        for text in parts["BYDAY"].split(","):
            weekday, nth = WEEKDAYS.index(text[-2:]), text[:-2]
            united.update(_weekdays(parts, period, weekday, int(nth) if nth else None))
        days = [day for day in days if day in united]
    return days


def _weekdays(parts: dict[str, str], period: list[date], weekday: int, nth: int | None) -> list[date]:
    """Return such weekdays of a period, or the n-th one of each stretch in which it counts."""
    if nth is None:
        return [day for day in period if day.weekday() == weekday]
    by_month = parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts
    stretches: dict[int, list[date]] = {}
    for day in period:
        if day.weekday() == weekday:
            stretches.setdefault(day.month if by_month else 0, []).append(day)
    return [days[nth - 1 if nth > 0 else nth] for days in stretches.values() if abs(nth) <= len(days)]


def _weeks(year: int, starts: int) -> dict[date, set[int]]:
    """Return for each date of a year the numbers of its week, from the front and from the back."""
    day = date(year - 1, 1, 4)
    while day.weekday() != starts:
        day -= DAY
    found: dict[date, set[int]] = {}
    for of in (year - 1, year, year + 1):
        weeks = []
        while sum((day + number * DAY).year == of for number in range(7)) >= 4:
            weeks.append([day + number * DAY for number in range(7)])
            day += 7 * DAY
        for number, week in enumerate(weeks, 1):
            for each in week:
                found[each] = {number, number - len(weeks) - 1}
    return found


def _positions(parts: dict[str, str], days: list[date]) -> list[date]:
    if "BYSETPOS" not in parts:
        return days
    wanted = [int(text) for text in parts["BYSETPOS"].split(",")]
    return [days[at - 1 if at > 0 else at] for at in wanted if abs(at) <= len(days)]


def random_rule(random: Random) -> tuple[str, date]:
    """Return a rule of any form that is accepted, and a first date."""
    frequency = random.choice(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
    parts = {"FREQ": frequency}
    if random.random() < 0.5:
        parts["INTERVAL"] = str(random.choice((1, 2, 2, 3, 4, 7)))
    chosen = random.sample(
        ("BYMONTH", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"), random.choice((0, 1, 1, 2, 2, 3))
    )
    if "BYMONTH" in chosen:
        parts["BYMONTH"] = _some(random, range(1, 13), 3)
    if "BYMONTHDAY" in chosen and frequency != "WEEKLY":
        parts["BYMONTHDAY"] = _some(random, _list_signed(31), 3)
    if "BYYEARDAY" in chosen and frequency == "YEARLY" and random.random() < 0.5:
        parts["BYYEARDAY"] = _some(random, _list_signed(366), 12)
    if "BYWEEKNO" in chosen and frequency == "YEARLY":
        parts["BYWEEKNO"] = _some(random, _list_signed(53), 3)
    if "BYDAY" in chosen:
        most = {"MONTHLY": 5, "YEARLY": 5 if "BYMONTH" in parts else 20}.get(frequency, 0)
        most = 0 if "BYWEEKNO" in parts else most
        days = []
        for _ in range(random.randint(1, 3)):
            nth = str(random.choice(_list_signed(most))) if most and random.random() < 0.5 else ""
            days.append(nth + random.choice(WEEKDAYS))
        parts["BYDAY"] = ",".join(dict.fromkeys(days))
    if random.random() < 0.3 and any(name.startswith("BY") for name in parts):
        parts["BYSETPOS"] = _some(random, _list_signed(4), 2)
    if random.random() < 0.3:
        parts["WKST"] = random.choice(WEEKDAYS)
    return ";".join(f"{name}={value}" for name, value in parts.items()), date(2024, 1, 1) + random.randint(
        0, 1500
    ) * DAY


def _list_signed(most: int) -> list[int]:
    return [number for number in range(-most, most + 1) if number]


def _some(random: Random, numbers: range | list[int], most: int) -> str:
    return ",".join(str(number) for number in random.sample(list(numbers), random.randint(1, most)))
