"""The yearly questions: made from the vocabulary, and what is typed comes back as it was."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocab import check, questionnaire
from vocab.model import Observation
from vocab.questionnaire import CORE, MOST_IN_CORE, answers, merged, proposed, section, sections, typed
from vocab.reference import indicators


def core() -> questionnaire.Section:
    found = section(CORE)
    assert found is not None
    return found


def test_every_question_is_asked_once_and_the_core_is_short() -> None:
    asked = [question.field for each in sections() for question in each.questions()]
    assert sorted(asked) == sorted(name for name, rule in indicators().items() if rule.origin == "entered")
    assert len(set(asked)) == len(asked)
    assert 20 <= len(list(core().questions())) <= MOST_IN_CORE
    assert all(question.rule.tier == "core" for question in core().questions())


def test_what_is_typed_becomes_figures() -> None:
    said = {
        "visits": "4 210", "visits.status": "E", "visits.method": "Estimate", "openingHours": "37,5",
        "events": "38", "events.eventAccess.public": "30",
        "floorArea.status": "L", "publicServiceHosted": "", "publicServiceHosted.status": "M", "teleworkDays": " ",
    }  # fmt: skip
    figures, wrong = answers(core(), said, "2025")
    assert wrong == ()
    assert set(figures) == {
        Observation("openingHours", "2025", Decimal("37.5"), "h/wk"),
        Observation("visits", "2025", Decimal(4210), "{visit}", "E", method="estimate"),
        Observation("events", "2025", Decimal(38), "{event}", "A"),
        Observation("events", "2025", Decimal(30), "{event}", "A", breakdown=(("eventAccess", "public"),)),
        Observation("publicServiceHosted", "2025", None, "1", "M"),
        Observation("floorArea", "2025", None, "m2", "L"),
    }


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"visits": "beaucoup"}, "visits"),
        ({"visits": "12", "visits.status": "L"}, "visits"),
        ({"visits.status": "E"}, "visits"),
        ({"visits": "-3"}, "visits"),
        ({"publicServiceHosted": "4"}, "publicServiceHosted"),
        ({"events": "10", "events.eventAccess.public": "30"}, "events.eventAccess.public"),
        ({"visits": "1", "visits.status": "Z"}, "visits.status"),
    ],
)
def test_a_mistake_names_its_input(said: dict[str, str], field: str) -> None:
    _, wrong = answers(core(), said, "2025")
    assert field in {mistake.field for mistake in wrong}


def test_nothing_typed_is_no_answer_and_never_zero() -> None:
    assert answers(core(), {}, "2025") == ((), ())
    assert answers(core(), {"visits": "", "visits.status": "A", "visits.method": "count"}, "2025") == ((), ())


@given(st.data())
def test_what_is_shown_and_typed_again_is_the_same(data: st.DataObject) -> None:
    asked = data.draw(st.sampled_from(sections()))
    figures = []
    for question in asked.questions():
        status = data.draw(st.sampled_from(["", *questionnaire.STATUSES]))
        value = Decimal(data.draw(st.integers(0, 1)))
        if status:
            given_value = value if status in ("A", "E") else None
            figures.append(Observation(question.field, "2025", given_value, question.rule.unit, status))
    again, wrong = answers(asked, typed(asked, figures), "2025")
    assert set(again) == set(figures)
    said = check.observations(figures, [questionnaire.field_of(f) for f in figures]) if figures else ()
    assert {(w.field, w.code) for w in wrong} == {(w.field, w.code) for w in said}


def test_a_section_leaves_the_others_alone_and_what_no_input_shows() -> None:
    both = (("eventAccess", "public"), ("eventType", "training"))
    two = Observation("events", "2025", Decimal(3), "{event}", breakdown=both)
    cash = Observation("cash", "2025", Decimal(5), "{EUR}")
    before = (Observation("visits", "2025", Decimal(9), "{visit}"), cash, two)
    now, _ = answers(core(), {"events": "38"}, "2025")
    assert set(merged(core(), before, now)) == {*now, cash, two}


def test_last_year_proposes_what_seldom_changes() -> None:
    last = (
        Observation("floorArea", "2024", Decimal(420), "m2"),
        Observation("visits", "2024", Decimal(9000), "{visit}"),
        Observation("openDocuments", "2024", None, "{document}", "M"),
        Observation("residentOrganizations", "2024", None, "{organization}", "L"),
    )
    assert proposed(core(), last) == {
        "floorArea": "420", "floorArea.status": "A", "floorArea.method": "",
        "openDocuments": "", "openDocuments.status": "M", "openDocuments.method": "",
    }  # fmt: skip


def test_a_new_indicator_of_the_vocabulary_is_asked_with_no_code(tmp_path: Path) -> None:
    """The compiled vocabulary with one more indicator, read by another process."""
    import shutil

    import vocab

    folder = tmp_path / "vocab"
    shutil.copytree(Path(vocab.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    compiled = folder / "data" / "compiled.json"
    said = json.loads(compiled.read_text(encoding="utf-8"))
    new = next(dict(each) for each in said["indicators"] if each["id"] == "sharedEquipment")
    said["indicators"].append(new | {"id": "beehives", "label": {"fr": "Ruches", "en": "Beehives"}})
    compiled.write_text(json.dumps(said), encoding="utf-8")
    code = (
        "from vocab.questionnaire import sections\n"
        "print([s.id for s in sections() for q in s.questions() if q.field == 'beehives'])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "['commons']"


@given(st.text(max_size=80))
def test_any_words_say_how_it_was_counted(words: str) -> None:
    said = {"visits": "3", "visits.method": words}
    figures, wrong = answers(core(), said, "2025")
    assert wrong == ()
    assert figures[0].method == questionnaire.method_code(figures[0].method)
    assert questionnaire.method_code("À la main, au cœur") == "a-la-main-au-coeur"
