"""Which column of a table says what: read from TOML, proposed from the heads of a table, written to be looked at. Pure.

A column is a field of a place (`FIELDS`), its `id`, its `source`, or a figure: `visits@2025`, `visits` for the period
of the file, `visits@2025[eventAccess=public]`, with `#status`, `#method` or `#conf` for what is said beside it.
"""

import json
import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache

from node.importers.drawing import FIELDS
from node.importers.refused import FileRefused
from node.importers.wording import plain
from vocab.errors import Mistake
from vocab.intake import toml
from vocab.model import Breakdown
from vocab.reference import indicators

ABOUT = ("iri", "kind", "updated", "licence")  # what an export says beside, and nothing is made of
OWN = ("id", *FIELDS, "source", "published", *ABOUT)
IGNORED = ("", "-")
PARTS = ("", "status", "method", "conf")
_FIGURE = re.compile(r"(?P<id>\w+)(?:@(?P<period>[0-9PY/-]+))?(?:\[(?P<parts>[^\]]*)\])?(?:#(?P<part>\w+))?")
_YEAR = re.compile(r"\b((?:19|20)[0-9]{2})\b")
_HEADS: Table[str, str] = {
    "id": "identifiant/id unique/code lieu/numero/ref/reference",
    "name": "nom/nom du lieu/nom du tiers lieu/nom de l espace/tiers lieu/lieu/title/titre/denomination/place",
    "typology": "typologie/type/type de lieu/type de tiers lieu/famille/familles/categorie/categories/family/kind",
    "building_origin": "origine du batiment/ancien usage/ancienne fonction/former use",
    "programme": "label/labels/programmes/dispositif/programme d appui/supported by",
    "status": "statut/etat/etat du projet/situation/state",
    "opened": "ouverture/date d ouverture/date ouverture/annee d ouverture/opening/opening date/opened on",
    "closed": "fermeture/date de fermeture/closing date/closed on",
    "summary_fr": "description/presentation/resume/descriptif/description courte",
    "summary_en": "description en/summary/english description",
    "street": "adresse/rue/voie/adresse postale/numero et voie/address/street address",
    "postcode": "code postal/cp/codpost/code post/zip/zip code/postal code",
    "locality": "ville/nom de la commune/nom commune/localite/city/town",
    "departement": "dep/dept/nom du departement/nom departement/code departement/departement tl/county",
    "commune": "code insee/code commune/insee/cog/citycode/insee code",
    "lat": "latitude/y",
    "lon": "longitude/lng/long/x",
    "operator": "gestionnaire/structure gestionnaire/structure porteuse/porteur/structure/exploitant/organisation",
    "legal_form": "forme juridique/statut juridique/nature juridique/legal form",
    "siren": "numero siren/n siren",
    "rna": "numero rna/n rna",
    "hours": "horaires/horaires d ouverture/opening hours",
    "website": "site/site web/site internet/internet/url/web/lien/web site",
    "source": "provenance/origine des donnees",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a column says: a field of the place, or a `part` of one figure."""

    field: str
    period: str = ""
    breakdown: Breakdown = ()
    part: str = ""

    @property
    def is_figure(self) -> bool:
        return self.field not in OWN


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns of one kind of table. `name` stands in the addresses of its listings.

    `published`: True where all its figures are public already, else None: only those that are proposed as such may be
    repeated. `codes`: by list, what the table writes for a code.
    """

    name: str
    columns: Table[str, str]
    source: str = ""
    period: str = ""
    published: bool | None = None
    codes: Table[str, Table[str, str]] = field(default_factory=dict)


@cache
def _ids() -> Table[str, str]:
    return {name.lower(): name for name in indicators()}


@cache
def target(text: str) -> Target | None:
    """What a column is said to be; None when it is nothing."""
    if text in OWN:
        return Target(text)
    found = _FIGURE.fullmatch(text)
    if found is None or found["id"].lower() not in _ids() or (found["part"] or "") not in PARTS:
        return None
    pairs = [pair.partition("=") for pair in (found["parts"] or "").split("&") if pair]
    if not all(equals and code for _, equals, code in pairs):
        return None
    breakdown = tuple(sorted((dimension, code) for dimension, _, code in pairs))
    return Target(_ids()[found["id"].lower()], found["period"] or "", breakdown, found["part"] or "")


def read(text: str, name: str) -> Mapping:
    """A mapping as it was written. Raises `FileRefused` with what to mend."""
    data = toml.table(text, name)
    if isinstance(data, Mistake):
        raise FileRefused("mapping", name=name, detail=" ".join(data.params.values()) or data.code)
    columns = data.get("columns")
    if not isinstance(columns, dict) or not all(isinstance(value, str) for value in columns.values()):
        raise FileRefused("mapping", name=name, detail="[columns]")
    wrong = sorted(value for value in columns.values() if value not in IGNORED and target(value) is None)
    if wrong or not {"name"} <= set(columns.values()):
        raise FileRefused("mapping", name=name, detail=", ".join(wrong) or "name")
    texts = {key: data.get(key, "") for key in ("source", "period")}
    codes = data.get("codes", {})
    if not all(isinstance(value, str) for value in texts.values()) or not _is_codes(codes):
        raise FileRefused("mapping", name=name, detail="source, period, [codes]")
    return Mapping(name, columns, **texts, published=True if data.get("published") is True else None, codes=codes)


def _is_codes(codes: object) -> bool:
    tables = codes.values() if isinstance(codes, dict) else [None]
    return all(isinstance(each, dict) and all(isinstance(code, str) for code in each.values()) for each in tables)


def proposed(name: str, heads: Sequence[str]) -> Mapping:
    """What the heads of a table seem to say; each field once, what is not understood left out (`""`)."""
    columns: dict[str, str] = {}
    for head in dict.fromkeys(heads):
        guess = _guess(head)
        columns[head] = guess if guess not in columns.values() else ""
    return Mapping(name, columns)


@cache
def _known() -> Table[str, str]:
    """What heads are called: our own names, the words of the field, the labels of the indicators."""
    found = {plain(label): name for name, rule in indicators().items() if rule.origin == "entered"
             for label in (name, *rule.label.values())}  # fmt: skip
    found |= {plain(word): name for name, words in _HEADS.items() for word in words.split("/")}
    return found | {plain(name): name for name in OWN}


def exactly(head: str) -> Target | None:
    """What a head says, by our own name or in words of the field, with a year or without; None for any other."""
    return target(head) or target(_dated(_known().get(_bare(head), ""), head))


def _guess(head: str) -> str:
    if target(head) is not None:
        return head
    near = get_close_matches(_bare(head), _known(), n=1, cutoff=0.88)
    return _dated(_known().get(_bare(head)) or (_known()[near[0]] if near else ""), head)


def _bare(head: str) -> str:
    return plain(_YEAR.sub(" ", head))


def _dated(name: str, head: str) -> str:
    year = _YEAR.search(head)
    return f"{name}@{year[1]}" if name and year and name not in OWN else name


def written(mapping: Mapping, about: Iterable[str]) -> str:
    """The mapping as a person reads and corrects it; `about`: lines that say what to do with it."""
    lines = [f"# {line}" for line in about]
    lines += ["", f"source = {_quoted(mapping.source)}", f"period = {_quoted(mapping.period)}", "published = false"]
    lines += ["", "[columns]", *(f"{_quoted(head)} = {_quoted(said)}" for head, said in mapping.columns.items())]
    return "\n".join([*lines, "", "[codes.typology]", ""])


def _quoted(text: str) -> str:
    """A TOML basic string: what JSON escapes, TOML reads."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
