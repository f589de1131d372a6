"""The template states each thing once, by YAML anchors that `sam build` resolves; docs/decisions has the reasons."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

LEAVES_MAX = 8  # a repeated passage with more scalars than this needs an anchor


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, SequenceNode):
        yield from node.value


def _walk(node: Node, found: Counter[int]) -> Iterator[Node]:
    """Yield every node of the text, and count the references to each in `found`."""
    found[id(node)] += 1
    if found[id(node)] == 1:  # an alias is the same node as its anchor
        yield node
        for child in _children(node):
            yield from _walk(child, found)


def find_repeated(text: str) -> list[tuple[str, ...]]:
    """Return the passages of more than LEAVES_MAX parts that occur more than once; an alias is one part."""
    uses: Counter[int] = Counter()
    written = list(_walk(YAML(typ="rt", pure=True).compose(text), uses))

    def leaves(node: Node, *, inside: bool = True) -> tuple[str, ...]:
        if inside and uses[id(node)] > 1:
            return (f"*{id(node)}",)
        if isinstance(node, ScalarNode):
            return (f"{node.tag} {node.value}",)
        return (str(node.tag), *(leaf for child in _children(node) for leaf in leaves(child)))

    passages = Counter(leaves(node, inside=False) for node in written if not isinstance(node, ScalarNode))
    return [passage for passage, times in passages.items() if times > 1 and len(passage) > LEAVES_MAX]


def test_no_passage_of_the_template_is_written_twice(root: Path) -> None:
    assert find_repeated((root / "template.yaml").read_text()) == []


def test_a_passage_that_is_written_twice_is_found_and_an_alias_is_not() -> None:
    statement = "{Effect: Deny, Principal: '*', Action: 'sqs:*', Condition: {Bool: {'aws:SecureTransport': 'false'}}}"
    assert find_repeated(f"A: {statement}\nB: {statement}\n")
    assert not find_repeated(f"A: &a {statement}\nB: *a\n")


def test_what_sam_builds_has_neither_alias_nor_merge_which_cloudformation_refuses(built: Path) -> None:
    yaml = YAML(typ="rt", pure=True)
    events: list[Any] = list(yaml.parse((built / "template.yaml").read_text()))
    assert len(events) > 1_000
    assert not [event for event in events if getattr(event, "anchor", None)]
    assert not [event for event in events if getattr(event, "value", None) == "<<"]
