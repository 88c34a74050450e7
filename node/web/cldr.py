"""What CLDR says of French and English: signs of numbers, names of months and days, plural forms.

`cldr.json` is what Babel reads in CLDR, written by `python -m tests.node.test_cldr`: the library itself would hold some
four megabytes of a node's memory for forty words. The figures are written by `node.web.wording`.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "cldr.json"


@dataclass(frozen=True, slots=True)
class Habits:
    """`months` and `days` begin with January and Monday; `ones`: the whole numbers that take the singular."""

    group: str
    point: str
    months: tuple[str, ...]
    days: tuple[str, ...]
    ones: tuple[int, ...]

    def one(self, n: int) -> bool:
        """Whether a whole number takes the singular."""
        return n in self.ones


@cache
def habits(lang: str) -> Habits:
    """Those of `fr` or `en`. Raises `KeyError`."""
    said = json.loads(FILE.read_text(encoding="utf-8"))[lang]
    return Habits(said["group"], said["point"], tuple(said["months"]), tuple(said["days"]), tuple(said["ones"]))
