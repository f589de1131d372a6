"""`python -m preheat_lab prose [PLACE…]`: print every alert with its place; status 1 if there is one."""

import sys

from preheat_lab.prose.commentary import comments
from preheat_lab.prose.exceptions import load
from preheat_lab.prose.rules import Rule, findings
from preheat_lab.prose.sources import passages


def main(places: list[str]) -> int:
    """Lint all texts, or those at `places` (also where the exceptions file leaves them out)."""
    exceptions = load()
    alerts: dict[str, None] = {}
    count = 0
    for passage in (*passages(), *comments()):
        if not passage.place.startswith(tuple(places)) if places else exceptions.skip(passage):
            continue
        count += 1
        for finding in findings(exceptions.clean(passage.text), heading=passage.heading):
            if (finding.rule is Rule.WORD or not passage.name) and not exceptions.excuse(passage, finding):
                alerts[f"{passage.place}: {finding.rule}: {finding.found!r}: {finding.advice}"] = None
    lines = [*alerts, *([] if places else exceptions.list_unused())]
    print("\n".join([*lines, f"prose: {len(lines)} alerts in {count} passages"]))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
