"""The shapes of file that can be imported, each with the reader that makes places of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from node.importers import anct, bdftl, commune_mesure, gogocarto, mapped, schema_org
from node.importers.candidate import Said
from node.importers.file import File


@dataclass(frozen=True, slots=True)
class Profile:
    """A shape of file: `source` stands in the addresses of its listings, unless another name is asked for."""

    source: str
    read: Callable[[File], Iterable[Said]]


PROFILES: Mapping[str, Profile] = {
    "anct": Profile(anct.SOURCE, anct.read_file),
    "bdftl": Profile(bdftl.SOURCE, bdftl.read),
    "commune-mesure": Profile(commune_mesure.SOURCE, commune_mesure.read),
    "gogocarto": Profile(gogocarto.SOURCE, gogocarto.read),
    "schema": Profile(schema_org.SOURCE, schema_org.read),
    "table": Profile(mapped.SOURCE, mapped.read),
}
