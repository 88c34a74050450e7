"""Pages that need nothing but a template and its values: the graph's form, the vocabulary's reference."""

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from node.messages import text

if TYPE_CHECKING:
    from node.context import Node


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def render(node: "Node", template: str, lang: str, **values: object) -> str:
    """One page in `lang`; a value that the template lacks is an error."""
    shared = {"lang": lang, "site": node.config.name, "t": partial(text, lang)}
    return _environment().get_template(template).render(**shared, **values)
