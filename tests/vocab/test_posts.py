"""Posts as people write them: heads in two forms and two languages, moments, places, and every mistake at once."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shape import ROOT
from vocab.errors import Mistake, message
from vocab.intake import front, moment
from vocab.intake.post import Habits, post_file
from vocab.model import Envelope
from vocab.post import Post, Venue, document, headed, zone_of
from vocab.terms import LICENCE_OUVERTE, PUBLIC

ACTOR = "https://etabli.example/places/etabli"
HABITS = Habits(LICENCE_OUVERTE, venue=Venue("L'Établi", "1 rue Exemple", "23000", "Guéret"))
EVENT = """---
titre: "Atelier vélo"
date: 12/05/2026 à 18h30
fin: 2026-05-12 20:00
lieu: Salle des fêtes, 3 rue du Pont, 23000 Guéret
licence: CC-BY-SA
lien: https://billets.example/velo
---

Venez **nombreux** !
"""


def read(text: str, kind: str = "note", is_toml: bool = False) -> Post:
    found = post_file(text, kind, is_toml, HABITS)
    assert isinstance(found, Post), found
    return found


def wrong(text: str, kind: str = "note", is_toml: bool = False) -> list[tuple[str, str]]:
    found = post_file(text, kind, is_toml, HABITS)
    assert isinstance(found, tuple), found
    assert all(message(each, lang) for each in found for lang in ("fr", "en"))
    return [(each.field, each.code) for each in found]


def made(post: Post) -> dict[str, object]:
    envelope = Envelope(
        f"{ACTOR}/posts/x", ACTOR, 1, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z", "", "public", (PUBLIC,)
    )
    return document(post, envelope)


def test_an_event_is_read_and_says_what_fep_8a8e_asks() -> None:
    post = read(EVENT, "event")
    assert (post.title, post.license) == ("Atelier vélo", "https://spdx.org/licenses/CC-BY-SA-4.0")
    assert post.venue == Venue("Salle des fêtes", "3 rue du Pont", "23000", "Guéret")
    said = made(post)
    assert (said["type"], said["startTime"], said["endTime"], said["timezone"]) == (
        "Event",
        "2026-05-12T16:30:00Z",
        "2026-05-12T18:00:00Z",
        "Europe/Paris",
    )
    assert (said["displayEndTime"], said["eventStatus"]) == (True, "EventScheduled")
    assert (said["joinMode"], said["externalParticipationUrl"]) == ("external", "https://billets.example/velo")
    assert said["summary"] == "12/05/2026 à 18:30 · Salle des fêtes, 3 rue du Pont, 23000 Guéret"
    place = said["location"]
    assert isinstance(place, dict)
    assert place["address"]["postalCode"] == "23000"
    assert said["organizers"]["items"] == [ACTOR]  # type: ignore[index]


def test_every_form_of_a_file_says_the_same() -> None:
    toml = """titre = "Atelier vélo"
date = 2026-05-12T18:30:00
fin = 2026-05-12T20:00:00+02:00
licence = "CC-BY-SA-4.0"
lien = "https://billets.example/velo"
texte = "Venez **nombreux** !"
[lieu]
nom = "Salle des fêtes"
rue = "3 rue du Pont"
code_postal = "23000"
ville = "Guéret"
"""
    head = toml.replace('texte = "Venez **nombreux** !"\n', "")
    english = EVENT
    for french, other in {
        "titre": "Title",
        "lieu": "place",
        "fin": "end",
        "lien": "link",
        "licence": "license",
    }.items():
        english = english.replace(french + ":", other + ":")
    expected = made(read(EVENT, "event"))
    texts = [(toml, True), (f"+++\n{head}+++\nVenez **nombreux** !", False), (english, False)]
    texts += [(EVENT.replace("\n", "\r\n"), False), ("\n\n" + EVENT, False)]
    for text, is_toml in texts:
        assert made(read(text, "event", is_toml)) == expected


def test_what_a_file_leaves_out_comes_from_the_place() -> None:
    post = read("---\ntitle: Bal\ndate: 2026-07-14\n---\nDansez.", "event")
    assert post.venue == HABITS.venue
    assert (post.language, post.license, post.zone, post.open_end) == ("fr", LICENCE_OUVERTE, "Europe/Paris", True)
    said = made(post)
    assert (said["startTime"], said["endTime"]) == ("2026-07-13T22:00:00Z", "2026-07-14T21:59:00Z")
    assert said["displayEndTime"] is False
    assert said["externalParticipationUrl"] == said["id"]
    assert read("Bonjour").venue is None


@pytest.mark.parametrize(
    ("commune", "zone"), [("97411", "Indian/Reunion"), ("23096", "Europe/Paris"), ("", "Europe/Paris")]
)
def test_clocks_overseas(commune: str, zone: str) -> None:
    assert zone_of(commune) == zone


def test_a_note_has_no_name_and_its_title_is_its_first_line() -> None:
    said = made(read("---\ntitre: Fermé <lundi>\nlangue: English\n---\nClosed."))
    assert "name" not in said
    assert said["content"] == "<p><strong>Fermé &lt;lundi&gt;</strong></p>\n<p>Closed.</p>"
    assert headed(said["content"]) == ("Fermé <lundi>", "<p>Closed.</p>")
    for content in ("<p>Closed.</p>", "<p><strong>Closed.</strong></p>", "<p><strong>A</strong> b</p>\n<p>c</p>"):
        assert headed(content) == ("", content)
    assert said["contentMap"] == {"en": said["content"]}
    assert (said["to"], said["cc"]) == ([PUBLIC], [ACTOR + "/followers"])


def test_an_article_has_a_name_and_says_when_it_was_written() -> None:
    said = made(
        read("---\ntitre: Une <pratique>\nrésumé: Trois & quatre\ndate: 2024-03-01\n---\n# Début\n\nTexte", "article")
    )
    assert (said["type"], said["name"], said["summary"]) == ("Article", "Une <pratique>", "Trois &amp; quatre")
    assert said["published"] == "2024-03-01T11:00:00Z"
    assert "<h2>Début</h2>" in str(said["content"])


def test_an_event_online_has_an_address_on_the_web() -> None:
    said = made(
        read("---\ntitre: Visio\ndate: 2026-01-05 10:00\nlieu: https://visio.example/a\nlang: en\n---\nx", "event")
    )
    place = said["location"]
    assert isinstance(place, dict)
    assert (place["type"], place["url"], said["isOnline"]) == ("VirtualLocation", "https://visio.example/a", True)
    assert said["summary"] == "2026-01-05 10:00"


def test_a_place_with_coordinates_changes_its_id_with_what_it_says() -> None:
    head = 'titre = "x"\ndate = 2026-01-05T10:00:00\ntexte = "y"\n[lieu]\nnom = "Pré"\nlat = 46.17\nlon = {}\n'
    one, two = (made(read(head.format(lon), "event", True))["location"] for lon in ("1.87", '"1,88"'))
    assert isinstance(one, dict)
    assert isinstance(two, dict)
    assert (one["latitude"], one["longitude"], two["longitude"]) == (46.17, 1.87, 1.88)
    assert one["id"] != two["id"]


@pytest.mark.parametrize(("said", "code"), [("annulé", "EventCancelled"), ("tentative", "EventTentative")])
def test_an_event_can_be_called_off(said: str, code: str) -> None:
    event = made(read(EVENT.replace("lien:", f"statut: {said}\nlien:"), "event"))
    assert event["eventStatus"] == code
    assert event["ical:status"] == {"EventCancelled": "CANCELLED", "EventTentative": "TENTATIVE"}[code]


MISTAKES = {
    "---\ntitel: x\n---\ny": [("titel", "field.unknown_near")],
    "---\nzzzzzzzzzzz: x\n---\ny": [("zzzzzzzzzzz", "field.unknown")],
    "---\ntitre: x\ntitle: y\n---\ny": [("title", "front.same")],
    "---\ntitre: x\ntitre: y\n---\ny": [("3", "front.twice")],
    "---\nbonjour\n---\ny": [("2", "front.line")],
    "---\ntitre: x\n": [("1", "front.open")],
    "+++\ntitre = x\n+++\ny": [("post.md", "toml.bad")],
    "": [("texte / text", "post.empty")],
    "---\ntitre: x\n---\n \n": [("texte / text", "post.empty")],
    "[](https://e.example)": [("texte / text", "post.empty")],
    "---\nlangue: klingon\n---\ny": [("langue", "language.unknown")],
    "---\nlangue: anglai\n---\ny": [("langue", "language.unknown_near")],
    "---\nlicence: CC-BY-5\n---\ny": [("licence", "licence.unknown_near")],
    "---\nlicence: tous droits\n---\ny": [("licence", "licence.unknown")],
    "---\ndate: hier\n---\ny": [("date", "moment.bad")],
    "---\nfin: 2026-01-01\nlien: https://e.example\n---\ny": [("fin", "post.only_event"), ("lien", "post.only_event")],
    "---\ntitre: a\u202eb\n---\ny": [("titre", "text.control")],
    "x" * 100_001: [("texte / text", "text.long")],
}
OF_EVENTS = {
    "---\ntitre: x\n---\ny": [("date", "post.date")],
    "---\ndate: 2026-01-01\n---\ny": [("titre / title", "post.title.event")],
    "---\ntitel: x\ndate: 2026-01-01\n---\ny": [("titel", "field.unknown_near")],
    "---\ntitre: x\ndate: 2026-01-02 10:00\nfin: 2026-01-02 10:00\n---\ny": [("fin", "post.end")],
    "---\ntitre: x\ndate: 2026-01-02\nfin: 2026-01-01\n---\ny": [("fin", "post.end")],
    "---\ntitre: x\ndate: 2026-02-30\n---\ny": [("date", "moment.bad")],
    "---\ntitre: x\ndate: 2026-01-01\nlien: ftp://e\n---\ny": [("lien", "web.bad")],
    "---\ntitre: x\ndate: 2026-01-01\nfuseau: Mars/Olympus\n---\ny": [("fuseau", "zone.unknown")],
    "---\ntitre: x\ndate: 2026-01-01\nfuseau: ../../etc/passwd\n---\ny": [("fuseau", "zone.unknown")],
    "---\ntitre: x\ndate: 2026-01-01\nstatut: annul\n---\ny": [("statut", "concept.unknown_near")],
    '+++\ntitre=3\ndate=2026-01-01\n[lieu]\nnon="a"\nlat=100\n+++\ny': [
        ("titre", "kind.text"),
        ("lieu.non", "field.unknown_near"),
        ("lieu.lat", "number.bad"),
        ("lieu", "geo.half"),
        ("lieu", "post.place"),
    ],
}


@pytest.mark.parametrize("text", MISTAKES)
def test_what_is_wrong_in_any_post(text: str) -> None:
    assert wrong(text) == MISTAKES[text]


@pytest.mark.parametrize("text", OF_EVENTS)
def test_what_is_wrong_in_an_event(text: str) -> None:
    assert wrong(text, "event") == OF_EVENTS[text]


def test_an_article_without_title_and_a_toml_file_without_text() -> None:
    assert wrong("Bonjour", "article") == [("titre / title", "post.title.article")]
    assert wrong('titre = "x"', is_toml=True) == [("texte / text", "post.empty")]
    assert wrong("texte = 3", is_toml=True) == [("texte", "kind.text")]
    assert wrong("titre = ", is_toml=True) == [("post.toml", "toml.bad")]


MOMENTS = {
    "2026-05-12 18:30": "2026-05-12T16:30",
    "2026-05-12T18:30:00Z": "2026-05-12T18:30",
    "2026-05-12T18:30+05:30": "2026-05-12T13:00",
    "12/05/2026 18h": "2026-05-12T16:00",
    "1/2/2026, 9h05": "2026-02-01T08:05",
    "2026-1-5": "2026-01-04T23:00",
}
NO_MOMENTS = (
    "",
    "demain",
    "2026-13-01",
    "2026-05-12 25:00",
    "2026-05-12 18",
    "0001-01-01",
    "2026-05-12 18:30 +99:99",
    "٢٠٢٦-01-01",
)


@pytest.mark.parametrize("text", MOMENTS)
def test_moments(text: str) -> None:
    from zoneinfo import ZoneInfo

    read_moment = moment.read(text)
    assert read_moment is not None
    assert read_moment.at(ZoneInfo("Europe/Paris")).astimezone(UTC).strftime("%Y-%m-%dT%H:%M") == MOMENTS[text]


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_moment(text: str) -> None:
    assert moment.read(text) is None


words = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), min_size=1, max_size=40)


@given(st.text(max_size=400), st.sampled_from(("note", "article", "event")), st.booleans())
def test_any_text_is_a_post_or_has_mistakes_that_can_be_said(text: str, kind: str, is_toml: bool) -> None:
    found = post_file(text, kind, is_toml, HABITS)
    if isinstance(found, Post):
        assert json.dumps(made(found))
    else:
        assert found
        assert all(isinstance(each, Mistake) and message(each, "fr") and message(each, "en") for each in found)


FIELDS = st.dictionaries(
    st.sampled_from([word for words_of in front.KEYS.values() for word in words_of]), words, max_size=8
)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@given(FIELDS, st.sampled_from(("---", "+++")), words)
def test_a_head_of_known_words_gives_back_what_was_written(fields: dict[str, str], fence: str, body: str) -> None:
    one_each = {key: value.strip() for key, value in fields.items()}
    lines = [
        f'{key}: "{value}"' if fence == "---" else f"{quoted(key)} = {quoted(value)}" for key, value in one_each.items()
    ]
    read_head = front.read("\n".join([fence, *lines, fence, body]), False, "post.md")
    assert isinstance(read_head, front.Written)
    assert read_head.text == body
    assert {read_head.words[key]: value for key, value in read_head.fields.items()}.items() <= one_each.items()


@given(st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1)))  # noqa: DTZ001 - the clock of the place
def test_a_moment_is_read_as_it_was_written(when: datetime) -> None:
    for text in (f"{when:%Y-%m-%d %H:%M}", f"{when:%d/%m/%Y à %Hh%M}", f"{when:%Y-%m-%dT%H:%M:00}"):
        found = moment.read(text)
        assert found is not None
        assert found.hour is not None
        assert datetime.combine(found.day, found.hour) == when.replace(second=0, microsecond=0)


def test_coordinates_are_decimal() -> None:
    post = read('titre="x"\ndate=2026-01-05T10:00:00\ntexte="y"\nlieu={nom="a", lat="46,5", lon=-1}', "event", True)
    assert post.venue == Venue("a", lat=Decimal("46.5"), lon=Decimal(-1))


@pytest.mark.parametrize("file", ["docs/how-to/posts.md", "docs/how-to/posts.fr.md", "examples/one_site/event.md"])
def test_the_examples_that_people_copy_are_events(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    example = text.partition("```\n---\n")[2].partition("```")[0] if "how-to" in file else text.removeprefix("---\n")
    post = read("---\n" + example, "event")
    assert post.link == "https://etabli.example/velo"
    assert not post.open_end
