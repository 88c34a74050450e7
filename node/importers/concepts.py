"""The codes of a list that a text names, by their code, their label in French or English, or a word of the field. Pure.

A text may name several, whatever stands between them: the longest names are looked for first, each word serves once.
"""

import re
from collections.abc import Mapping
from functools import cache

from node.importers.wording import plain
from vocab.reference import scheme

_ALSO: Mapping[str, Mapping[str, str]] = {
    "typology": {
        "coworking": "bureaux partages/espace de coworking/coworking space/cowork",
        "shared-workshop": "atelier partage/ateliers partages/ateliers artisanaux partages/artisanat partage",
        "shared-kitchen": "cuisine partagee/cuisines partagees/foodlab/food lab",
        "fablab": "fab lab/atelier de fabrication numerique/fabrication numerique",
        "makerspace": "maker space",
        "hackerspace": "hacker space",
        "living-lab": "livinglab/laboratoire d innovation sociale/innovation sociale",
        "food-production": "tiers lieu nourricier/production alimentaire/terres et jardins partages",
        "cultural": "tiers lieu culturel/lieu culturel/lieu intermediaire/lieux intermediaires et independants",
        "shared-garden": "jardins partages",
        "repair-cafe": "repair cafe",
        "other": "autre/autres",
    },
    "status": {
        "open": "ouvert/ouverte/en activite/en fonctionnement",
        "project": "projet/en cours de creation/ouverture prochaine",
        "paused": "en pause/suspendu",
        "closed": "ferme/fermee/ferme definitivement",
    },
    "legal_form": {
        "association": "association loi 1901/asso",
        "scic": "societe cooperative d interet collectif",
        "scop": "societe cooperative et participative",
        "sole-trader": "auto entrepreneur/micro entreprise",
        "epci": "communaute de communes/communaute d agglomeration",
        "collective": "collectif",
        "commune": "mairie",
        "other": "autre",
    },
}


@cache
def _names(name: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The patterns of one list, the longest first."""
    also = _ALSO.get(name, {})
    found: dict[str, str] = {}
    for code, concept in scheme(name).codes.items():
        for words in (code, *concept.label.values(), *also.get(code, "").split("/")):
            if plain(words):
                found.setdefault(plain(words), code)
    ordered = sorted(found.items(), key=lambda item: -len(item[0]))
    return tuple((re.compile(rf"(?<!\S){re.escape(words)}(?!\S)"), code) for words, code in ordered)


def codes_in(name: str, text: str, also: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The codes of the list `name` in the order of the text; `also`: texts that a file uses for some of them."""
    given = [code.strip() for code in re.split(r"[|;]", text) if code.strip()]
    if given and all(code in scheme(name).codes for code in given):
        return tuple(dict.fromkeys(given))
    left = plain(text)
    own = sorted((also or {}).items(), key=lambda item: -len(item[0]))
    patterns = [(re.compile(rf"(?<!\S){re.escape(plain(words))}(?!\S)"), code) for words, code in own if plain(words)]
    found: list[tuple[int, str]] = []
    for pattern, code in (*patterns, *_names(name)):
        found += ((match.start(), code) for match in pattern.finditer(left))
        left = pattern.sub(lambda match: "\0" * len(match.group()), left)
    return tuple(dict.fromkeys(code for _, code in sorted(found)))
