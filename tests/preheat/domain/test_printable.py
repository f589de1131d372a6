"""Text from outside: characters that show nothing, move other text or turn its direction go at every edge."""

import sys
import unicodedata

import pytest

from preheat.app.ports.errors import AccessRefused
from preheat.app.requests.fields import FIELDS
from preheat.domain.printable import printable
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation

# Direction, zero width, blanks, tags, controls: by Unicode's own categories and by the list of invisible letters.
INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
HIDDEN = [
    each
    for each in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp", "Cs")
    or each in "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
]
ARABIC_MARKS = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")  # visible, though of Cf
VISIBLE = "Größe 3,5 µm · Ωβ · 日本語 · مرحبا · שלום · ไทย · 😀 ⚠️"


def test_no_hidden_character_is_shown() -> None:
    assert len(HIDDEN) > 2000
    assert {each for each in HIDDEN if printable(f"a{each}b") != "a b"} == set()


def test_what_is_visible_stays_as_it_is() -> None:
    assert printable(VISIBLE) == VISIBLE


@pytest.mark.parametrize("field", ["reason", "requester"])
def test_a_request_with_a_hidden_character_is_refused(field: str) -> None:
    common = [each for each in HIDDEN if each not in ARABIC_MARKS and ord(each) <= 0xFFFF]
    accepted = []
    for each in [*common, "\U000e0001", "\U000e0041", "\U000e007f"]:
        try:
            FIELDS[field].read(f"line down{each}")
        except ValueError:
            continue
        accepted.append(each)
    assert accepted == []
    assert FIELDS[field].read(VISIBLE) == VISIBLE


def test_the_words_of_a_service_are_printable_wherever_they_come_in() -> None:
    words = "Failed\n\x1b[2K\u202eHOSTED\u200b"
    assert Observation(Observed.FAILED, words).detail == "Failed  [2K HOSTED "
    assert str(AccessRefused(words)) == "Failed  [2K HOSTED "
