"""The lines of a publication: what was, what will be, and what is wrong, each under the line it is about."""

from node.views.publication import Line, line_of, lines
from vocab.errors import Mistake

FIGURES = [
    {"indicator": "visits", "breakdown": "", "value": "5"},
    {"indicator": "events", "breakdown": "eventAccess=public", "value": "2"},
]
PLACE = {"iri": "x", "name": "A", "summary": {"fr": "Ici", "en": ""}, "lat": "1", "lon": "2", "hours": [], "note": "n"}


def test_what_is_new_changed_gone_or_the_same() -> None:
    before = {"observations": [FIGURES[0] | {"value": "4"}, {"indicator": "members", "breakdown": "", "value": "9"}]}
    found = {line.key: line for line in lines(before, {"observations": FIGURES})}
    assert list(found) == ["visits", "events|eventAccess=public", "members"]
    assert [line.is_changed for line in found.values()] == [True, True, True]
    assert found["members"] == Line("members", before["observations"][1], None)
    assert not lines({"observations": FIGURES}, {"observations": FIGURES})[0].is_changed


def test_a_description_has_a_line_for_each_thing_said_even_one_that_no_code_knows() -> None:
    assert [line.key for line in lines({}, PLACE)] == ["name", "summary.fr", "position", "note"]


def test_a_mistake_stands_under_its_line() -> None:
    content = {"observations": FIGURES}
    assert line_of("observations[2].value", content) == "events|eventAccess=public"
    assert [line_of(field, content) for field in ("observations[3]", "observations[0]", "version")] == ["", "", ""]
    assert [line_of(field, PLACE) for field in ("geo", "lat", "summary.fr", "hours[1].opens", "refPeriod")] == [
        *("position", "position", "summary.fr", "hours", ""),
    ]
    wrong = Mistake("observations[1]", "value.negative")
    general = Mistake("report", "report.long", {"limit": "1"})
    found = lines({}, content, [wrong, general])
    assert (found[0].mistakes, found[1].mistakes, found[-1].key, found[-1].mistakes) == ((wrong,), (), "", (general,))


def test_what_is_missing_has_its_line_once_it_is_wrong() -> None:
    found = lines({}, PLACE, [Mistake("typology", "field.missing")])
    assert found[-1] == Line("", None, None, (Mistake("typology", "field.missing"),))
