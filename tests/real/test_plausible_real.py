"""The real table of impact figures, with the mistakes that are known of it: which of them its columns let one see.

`events-two-different-values`: the original form had two fields for the number of events; the table kept one, so no rule
can see it here. It is shown on figures that hold both.
"""

import csv
from decimal import Decimal

import pytest

from node.checking import Checked, check
from tests.shared import shared
from vocab import plausible
from vocab.model import Observation

FILE = "data/commune_mesure.csv"
SEEN_AS = {
    "visitors-per-year=sum-of-per-event-figures": ("eventAttendance", ("source.mean", "zero.beside")),
    "revenue-0-missing-or-zero?": ("ownResources", ("zero.",)),
    "volunteers-heads-or-hours?": ("volunteers", ("hours.as_heads",)),
    "investment-looks-like-millions": ("investment", ("thousands.low",)),
    "open-permanently-but-0-hours": ("openingHours", ("zero.",)),
}
NOT_IN_THE_COLUMNS = "events-two-different-values"


@pytest.fixture(scope="module")
def checked() -> Checked:
    return check(shared(FILE).read_bytes(), "2020")


@pytest.fixture(scope="module")
def flags() -> dict[str, list[str]]:
    """The known mistakes of each row, by its number in a spreadsheet."""
    with shared(FILE).open(encoding="utf-8", newline="") as file:
        return {str(n): [f for f in row["flags"].split("|") if f] for n, row in enumerate(csv.DictReader(file), 2)}


def test_every_mistake_that_the_columns_show_is_raised(checked: Checked, flags: dict[str, list[str]]) -> None:
    assert checked.errors == ()
    raised = [(found.row, found.odd.indicator, found.odd.code) for found in checked.warnings]
    for row, names in flags.items():
        for flag in names:
            if flag != NOT_IN_THE_COLUMNS:
                name, codes = SEEN_AS[flag]
                assert any(r == row and i == name and c.startswith(codes) for r, i, c in raised), (row, flag)
    assert {flag for names in flags.values() for flag in names} == {*SEEN_AS, NOT_IN_THE_COLUMNS}


def test_a_mean_per_event_is_said_of_every_row_that_gives_one(checked: Checked) -> None:
    """The source asks for people per event: whichever way a year was made of it, no total can be taken from it.

    The table does not hold the year that the source made of them: rows that are not flagged are warned of as well."""
    with shared(FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    pairs = (("ev_public", "ev_public_people"), ("ev_private", "ev_private_people"))
    given = {str(n) for n, row in enumerate(rows, 2) if any(float(row[a]) and float(row[b]) for a, b in pairs)}
    assert given == {found.row for found in checked.warnings if found.odd.code == "source.mean"}


def test_little_else_is_said(checked: Checked, flags: dict[str, list[str]]) -> None:
    """Beside the known mistakes: two rows left from one template, their 150 euros of income, and a 0."""
    known = {(row, SEEN_AS[flag][0]) for row, names in flags.items() for flag in names if flag in SEEN_AS}
    others = [
        (found.row, found.odd.indicator, found.odd.code.partition(".")[0])
        for found in checked.warnings
        if found.odd.code != "source.mean" and (found.row, found.odd.indicator) not in known
    ]
    assert {row for row, name, code in others if code == "copy"} == {"2", "4"}
    assert [each for each in others if each[0] not in ("2", "4")] == [("10", "partners", "zero")]


def test_two_values_for_the_events_of_a_year_are_said_where_both_are_given() -> None:
    events = [Observation("events", period, Decimal(n), "{event}") for period, n in (("2020", 2), ("2020-12-31", 7))]
    assert [odd.code for odd in plausible.warnings(events)] == ["twice"]
    table = "indicator,value,unit,status\nevents,2,{event},A\nevents,7,{event},A\n"
    found = check(table.encode(), "2020")
    assert [mistake.code for mistake in found.errors] == ["row.twice"]
    assert [(each.row, each.odd.code) for each in found.warnings] == [("3", "twice")]
