"""What others said of documents that they did not take, as a person and as a machine read it."""

from collections.abc import Sequence

from node.cli.out import Out
from node.context import Node
from node.rejections import Rejection, spoken, told


def rejections(node: Node, slugs: Sequence[str]) -> list[Rejection]:
    """Those of the places named."""
    with node.store.read() as connection:
        return [each for slug in dict.fromkeys(slugs) for each in told(connection, node.config.actor(slug))]


def as_data(found: Sequence[Rejection], document: str, lang: str) -> list[dict[str, object]]:
    """Those of one document: by whom, and each mistake with its field."""
    return [
        {"by": each.by, "errors": [mistake.to_json() | {"text": spoken(mistake, lang)} for mistake in each.mistakes]}
        for each in found
        if each.document == document
    ]


def say(found: Sequence[Rejection], document: str, name: str, out: Out) -> None:
    """The same, a line a mistake."""
    for each in found:
        if each.document == document:
            out.say("rejection.by", name=name, by=each.by)
            for mistake in each.mistakes:
                out.line("  - " + spoken(mistake, out.lang))
