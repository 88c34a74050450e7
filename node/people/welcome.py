"""What is asked of somebody who begins: a place, an address, an account, a network. Checked screen by screen, purely.

Answers are texts as they were typed; what is wrong is said by field, with a key of the catalogue.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from node import config
from node.errors import BadSlug
from node.people import password as passwords
from node.people.accounts import AccountRefused, checked
from node.places import check_slug
from vocab import check, communes, territory
from vocab.errors import Mistake, beside
from vocab.model import Address, Operator, Place

Answers = Mapping[str, Sequence[str]]
SCREENS: Mapping[str, tuple[str, ...]] = {
    "place": ("name", "commune", "street", "typology", "identifier"),
    "you": ("url", "slug", "person", "email", "password"),
    "network": ("network",),
}
REQUIRED = ("name", "commune", "typology", "url", "slug", "person", "email", "password")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_FIELDS = {"address.commune": "commune", "address.street": "street"}


@dataclass(frozen=True, slots=True)
class Wrong:
    """What to mend: a key of the catalogue, or a mistake of the vocabulary."""

    key: str = ""
    params: Mapping[str, object] | None = None
    mistake: Mistake | None = None


def first(answers: Answers, name: str) -> str:
    """The one answer of a field, without spaces around it."""
    return next(iter(answers.get(name, ())), "").strip()


def slug_of(name: str) -> str:
    """The short name that a name suggests: `L'Établi` gives `etabli`."""
    return _NOT_IN_A_NAME.sub("_", territory.fold(name)).strip("_")[:30].strip("_")


def operator_of(answers: Answers) -> Operator | None:
    """Who runs the place, by a SIREN (or the SIRET that begins with it) or an RNA; a place alone says neither."""
    typed = re.sub(r"[\s.]", "", first(answers, "identifier")).upper()
    if not typed:
        return None
    number = {"rna": typed} if typed.startswith("W") else {"siren": typed[:9] if len(typed) == 14 else typed}
    return Operator(first(answers, "name"), **number)


def place_of(answers: Answers, iri: str) -> Place:
    """The place that the answers describe; its commune may still be missing."""
    found = communes.only(first(answers, "commune"))
    address = Address(found.code if found else "", first(answers, "street"), "", found.name if found else "")
    typology = tuple(dict.fromkeys(answers.get("typology", ())))
    return Place(iri, first(answers, "name"), address, typology, operator=operator_of(answers))


def wrong_with_place(answers: Answers) -> dict[str, Wrong]:
    """By field, the first thing to mend about the place."""
    found: dict[str, Wrong] = {}
    if not first(answers, "name"):
        found["name"] = Wrong("setup.wrong.name")
    typed = first(answers, "commune")
    if communes.only(typed) is None:
        several = communes.like(typed, 5)
        names = ", ".join(map(communes.label, several))
        key = "_several" if several else "" if typed else "_none"
        found["commune"] = Wrong("setup.wrong.commune" + key, {"names": names})
    if not answers.get("typology"):
        found["typology"] = Wrong("setup.wrong.typology")
    for mistake in check.place(place_of(answers, "https://example.org/places/x#place")):
        field = mistake.field.partition("[")[0]
        field = "identifier" if field.startswith("operator.") else _FIELDS.get(field, field)
        if field in SCREENS["place"]:
            found.setdefault(field, Wrong(mistake=mistake))
    return found


def wrong_with_address(answers: Answers) -> dict[str, Wrong]:
    """By field, what to mend about the address that never changes and the short name."""
    found: dict[str, Wrong] = {}
    try:
        host = config.address(first(answers, "url")).partition("//")[2]
    except (ValueError, TypeError):
        return {"url": Wrong("setup.wrong.url")} | wrong_with_slug(answers, "")
    return found | wrong_with_slug(answers, host)


def wrong_with_slug(answers: Answers, host: str) -> dict[str, Wrong]:
    try:
        check_slug(first(answers, "slug"), host)
    except BadSlug:
        return {"slug": Wrong("setup.wrong.slug")}
    return {}


def wrong_with_account(answers: Answers) -> dict[str, Wrong]:
    """By field, the first thing to mend about the account."""
    fields = {"person": first(answers, "person"), "email": first(answers, "email")}
    password = next(iter(answers.get("password", ())), "")
    found: dict[str, Wrong] = {}
    for field, email, name, secret in (
        ("person", "a@example.org", fields["person"], "x" * passwords.SHORTEST),
        ("email", fields["email"], "x", "x" * passwords.SHORTEST),
        ("password", "a@example.org", "x", password),
    ):
        try:
            checked(email, name, secret)
        except AccountRefused as refused:
            found[field] = Wrong("node." + refused.code, refused.params)
    return found


def said(wrong: Mapping[str, Wrong], lang: str) -> dict[str, str]:
    """Each as a sentence."""
    from node.web.plain import said as spoken

    return {
        field: beside(each.mistake, lang) if each.mistake else spoken(lang, each.key, **(each.params or {}))
        for field, each in wrong.items()
    }
