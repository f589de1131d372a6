"""The rules of prose: words to avoid, passive voice, long sentences, clauses and participles used as nouns.

Works on plain text: inline code is one word, written as `CODE`. Does not know where a text comes from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

LONGEST_SENTENCE = 25
"""Words in a sentence; inline code and a number count as one."""

CODE = "`_`"
"""Replaces inline code and values that a program fills in."""


class Rule(StrEnum):
    """The subject of an alert."""

    WORD = "word"
    PASSIVE = "passive"
    LONG = "long"
    CLAUSE = "clause"
    PARTICIPLE = "participle"


@dataclass(frozen=True, slots=True)
class ProseAlert:
    """One breach of a rule: the words found, and what to write instead."""

    rule: Rule
    found: str
    advice: str


# A pattern of words in any case, and the usual word.
WORDS = {
    r"tells?|telling|told": "report, record, publish, say, show",
    r"mend(?:s|ed|ing)?": "fix",
    r"anew": "again",
    r"for good(?! reason)": "permanently",
    r"of no account": "ignored",
    r"of itself": "by itself, automatically",
    r"amid|amidst": "during, between",
    r"whence|thence|hence": "from which, therefore",
    r"whom": "who, or two sentences",
    r"thus": "so",
    r"stands?(?! (?:by|for|in|out)\b)|standing": "is, is active, applies",
    r"stood": "was, was active",
    r"ours": "started by Preheat",
    r"whoever|whosoever": "if somebody, anyone who",
    r"likewise": "also, in the same way",
    r"reckon(?:s|ed|ing)?": "calculate, count",
    r"beside(?= (?:the|it|its|that|this|those))": "next to, in addition to",
    r"lest": "so that … not",
    r"ere|nay|oft|nought|naught|betwixt|thereof|therein|thereto|whereof|wherein|hitherto": "a word of today",
    r"shall": "must, will",
    r"in peace": "without an error",
    r"burnt out|burns out": "used all attempts",
    r"spent(?= on every| for )": "used",
    r"hand in the ledger": "manual change",
    r"looked at|looks at|looking at|looks? again": "check, checks, checked",
    r"had to be had|to be had|cannot be had": "available, not available",
    r"came to be|come to be": "become",
    r"at all": "(leave out)",
    r"owing to": "because of",
    r"whilst": "while",
    r"upon": "on",
    r"unto": "to",
    r"save for": "except",
    r"bears?": "has, carries",
    r"so as to": "to",
    r"in order to": "to",
    r"utili[sz]e[sd]?": "use",
    r"leverag(?:e|es|ed|ing)": "use",
    r"seamless(?:ly)?|effortless(?:ly)?|blazing(?:ly)?|robust(?:ly)?": "a fact or a figure",
    r"simply|easily|obviously|of course": "(leave out)",
}
_WORDS = [(re.compile(rf"\b(?:{words})\b", re.IGNORECASE), advice) for words, advice in WORDS.items()]
# "for" in the sense of "because": a comma, then "for" and a subject.
_FOR = re.compile(r"[,;:] for (?:it|they|he|she|there|nothing|nobody|this is|that is|whatever|what)\b")

_IRREGULAR = (
    "begun|bound|bought|brought|built|caught|chosen|cut|dealt|done|drawn|driven|fed|felt|forbidden|forgotten|found|"
    "frozen|given|heard|held|hidden|hung|kept|known|laid|led|left|lent|lost|made|meant|met|overridden|overwritten|paid|"
    "put|read|rebuilt|rewritten|said|seen|sent|set|shown|shut|split|spent|stolen|struck|swept|taken|taught|thrown|torn|"
    "undone|understood|woken|withdrawn|won|worn|written"
)
_NO_PARTICIPLE = {"need", "speed", "feed", "exceed", "red", "seed", "hundred", "indeed", "shed", "bed", "embed"}
_BETWEEN = (
    r"(?:(?:not|never|always|only|also|then|still|already|just|again|both|all|often|no longer|yet|now|soon|\w+ly) )*"
)
_PASSIVE = re.compile(
    rf"\b(?:is|are|was|were|be|been|being|gets?|got) {_BETWEEN}(?P<participle>[a-z]+ed|{_IRREGULAR})\b(?!-)"
)
_CLAUSE = re.compile(r"^(?:What|Whatever|Who|Whoever|Whichever)\b(?! to )(?![^.]*\?)(?![^.]*:$)")
_PARTICIPLE = re.compile(
    r"\b[Tt]he (?:told|wanted|asked|refused|served|noted|missed|known|unknown|late|lost|given|said|found|wished)"
    r"(?= (?:is|are|was|were|has|have|does|do|of|by)\b|[.,;:)])"
)
_SENTENCE = re.compile(r"(?<=[.!?…])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9`])")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|approx)\.$")


def sentences(text: str) -> list[str]:
    """Split a passage into its sentences."""
    found: list[str] = []
    for piece in _SENTENCE.split(" ".join(text.split())):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] += f" {piece}"
        else:
            found.append(piece)
    return [sentence for sentence in found if sentence]


def length(sentence: str) -> int:
    """Count the words of a sentence; a lone dash or bracket is none."""
    return sum(1 for word in sentence.split() if re.search(r"[A-Za-z0-9`]", word))


def findings(text: str, *, heading: bool = False) -> Iterator[ProseAlert]:
    """Yield every breach in one passage, in reading order of its sentences.

    A heading may begin with "What".
    """
    for sentence in sentences(text):
        for pattern, advice in _WORDS:
            for match in pattern.finditer(sentence):
                yield ProseAlert(Rule.WORD, match[0], f"write: {advice}")
        for match in _FOR.finditer(sentence):
            yield ProseAlert(Rule.WORD, match[0], "write: because")
        for match in _PASSIVE.finditer(sentence):
            if match["participle"] not in _NO_PARTICIPLE:
                yield ProseAlert(Rule.PASSIVE, match[0], "say who does it, or address the reader")
        for match in _PARTICIPLE.finditer(sentence):
            yield ProseAlert(Rule.PARTICIPLE, match[0], "name the thing")
        if not heading and _CLAUSE.search(sentence):
            yield ProseAlert(Rule.CLAUSE, " ".join(sentence.split()[:4]), "begin with the subject or the condition")
        if (words := length(sentence)) > LONGEST_SENTENCE:
            yield ProseAlert(Rule.LONG, f"{' '.join(sentence.split()[:6])} …", f"{words} words; split it")
