"""A campaign between real nodes: letters arrive once, answers move the count, only those who are late hear more."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from node import relations, rotation
from node.campaigns import campaign as campaigns
from node.campaigns import corrections, wording
from node.campaigns.campaign import Written
from node.campaigns.dates import today
from node.context import Node, open_node
from node.errors import CampaignRefused
from node.places import add_place
from node.project import catch_up
from node.publish import publish
from node.reports import add_report
from node.signing import signer
from node.timeline import Item, timeline
from node.views import campaign as views
from tests.node.net import Clock, free_ports, listening, make, place, projected, rows, until, visits

NOTES = "SELECT kind, about FROM campaign_notes ORDER BY kind, about"


@dataclass
class Net:
    """A council that follows two places of one site."""

    site: Node
    council: Node
    clock: Clock

    def day(self, days: int) -> str:
        return (today(self.council) + timedelta(days=days)).isoformat()

    async def connect(self, slug: str) -> None:
        add_place(self.site, slug, place(self.site, slug, f"Lieu {slug}"), [self.council.config.node_actor])
        publish(self.site)
        assert isinstance(await relations.follow(self.council, self.site.config.actor(slug)), relations.Asked)
        await until(lambda: (slug, "accepted") in self.following())
        await until(
            lambda: f"Lieu {slug}" in [name for (name,) in projected(self.council, "SELECT name FROM directory")]
        )

    def following(self) -> list[tuple[str, str]]:
        return [(t.rpartition("/")[2], s) for t, s in rows(self.council, "SELECT target, state FROM following")]  # type: ignore[attr-defined]

    async def answer(self, slug: str, sharing: str = "public") -> None:
        before = self.answered()
        add_report(self.site, slug, "2025", visits(5_000), sharing)
        publish(self.site)
        await until(lambda: self.caught_up() and self.answered() > before)

    def caught_up(self) -> bool:
        catch_up(self.council)
        return True

    def said(self, value: int) -> bool:
        return (str(value),) in projected(self.council, "SELECT value FROM observations")

    def answered(self) -> int:
        return views.progress(self.council, "2025").whole.answered

    async def heard(self, count: int) -> list[str]:
        """The titles of the letters that the site was written, the newest first."""
        await until(lambda: len(timeline(self.site, 50)) >= count)
        return [item.title for item in timeline(self.site, 50, "fr")]


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Net]:
    ports, clock = free_ports(2), Clock()
    site = replace(make(tmp_path / "s", ports[0], ports), clock=clock)
    council = replace(make(tmp_path / "c", ports[1], ports, "aggregator"), clock=clock)
    async with listening(site), listening(council):
        made = Net(site, council, clock)
        await made.connect("un")
        await made.connect("deux")
        yield made
    site.close()
    council.close()


def asked(done: Written) -> tuple[int, int]:
    return done.written, done.connected


async def test_each_place_is_asked_once_and_its_answer_counts(net: Net) -> None:
    dry = campaigns.open_(net.council, "2025", net.day(30), dry_run=True)
    assert (asked(dry), rows(net.council, NOTES), views.all_of(net.council)) == ((2, 2), [], ())
    assert asked(campaigns.open_(net.council, "2025", net.day(30))) == (2, 2)
    assert len(await net.heard(2)) == 2
    assert asked(campaigns.open_(net.council, "2025", net.day(30))) == (0, 2)
    assert campaigns.tick(net.council) == 0
    before = views.progress(net.council, "2025").whole
    assert (before.answered, before.connected, before.known) == (0, 2, 2)
    await net.answer("un")
    progress = views.progress(net.council, "2025")
    assert (progress.whole.answered, [each.name for each in progress.late]) == (1, ["Lieu deux"])
    assert [(area.level, area.code, area.answered, area.connected) for area in progress.areas] == [
        ("region", "75", 1, 2),
        ("departement", "23", 1, 2),
    ]
    assert [n for _, n in progress.days] == [1]


async def test_the_letter_says_what_is_asked_in_both_languages(net: Net) -> None:
    campaigns.open_(net.council, "2025", "2199-03-31")
    await net.heard(2)
    texts = {lang: timeline(net.site, 1, lang)[0].text for lang in ("fr", "en")}
    for lang, words in {"fr": ("31 mars 2199", "2025", "Bonjour"), "en": ("31 March 2199", "2025", "Hello")}.items():
        for word in (*words, str(wording.questions()), net.council.config.name, "maillage report add"):
            assert word in texts[lang]
    assert "ActivityPub" not in texts["fr"] + texts["en"]
    assert "Hello" not in texts["fr"]


async def test_a_place_that_joins_later_is_asked_at_the_next_tick(net: Net) -> None:
    campaigns.open_(net.council, "2025", net.day(30))
    await net.connect("trois")
    assert campaigns.tick(net.council) == 1
    assert campaigns.tick(net.council) == 0
    assert len(await net.heard(3)) == 3


async def test_only_those_who_are_late_are_reminded_and_once_a_day(net: Net) -> None:
    campaigns.open_(net.council, "2025", net.day(30))
    await net.answer("un")
    assert asked(campaigns.remind(net.council, "2025")) == (1, 1)
    assert asked(campaigns.remind(net.council, "2025")) == (0, 1)
    assert "Rappel" in (await net.heard(3))[0]
    assert timeline(net.site, 1, "fr")[0].text.count("Lieu deux") == 1
    with pytest.raises(CampaignRefused, match="campaign_answered"):
        campaigns.remind(net.council, "2025", net.site.config.actor("un"))
    with pytest.raises(CampaignRefused, match="campaign_place"):
        campaigns.remind(net.council, "2025", "https://nowhere.example/places/x")
    net.clock.later = timedelta(days=1)
    assert asked(campaigns.remind(net.council, "2025", f"@deux@{net.site.config.authority}")) == (1, 1)


async def test_reminders_leave_on_their_own_as_the_end_comes_near(net: Net) -> None:
    campaigns.open_(net.council, "2025", net.day(30))
    add_report(net.site, "un", "2025", visits(5_000), "network")  # kept from this council
    publish(net.site)
    written = {}
    for days in range(32):
        net.clock.later = timedelta(days=days)
        catch_up(net.council)
        written[days] = campaigns.tick(net.council) + campaigns.tick(net.council)
    assert {days: n for days, n in written.items() if n} == {16: 2, 27: 2}


async def test_a_restricted_answer_is_an_answer(net: Net) -> None:
    campaigns.open_(net.council, "2025", net.day(30))
    shared = await relations.share(net.site, "un", f"@relay@{net.council.config.authority}", "network")
    assert shared == net.council.config.node_actor
    await net.answer("un", "network")
    assert projected(net.council, "SELECT count(*) FROM answers") == [(0,)]
    assert asked(campaigns.remind(net.council, "2025")) == (1, 1)


async def test_a_place_is_shown_its_own_warnings_once_for_each_content(net: Net) -> None:
    campaigns.open_(net.council, "2025", net.day(30))
    await net.answer("un")
    await net.answer("deux")
    assert asked(corrections.correct(net.council, "2025")) == (0, 0)
    for value, title in ((10**7, "1 point"), (3 * 10**7, "1 point"), (6_000, "")):
        add_report(net.site, "un", "2025", visits(value), "public")
        publish(net.site)
        await until(lambda: net.caught_up() and net.said(value))  # noqa: B023
        found = (1, 1) if title else (0, 0)
        assert (value, asked(corrections.correct(net.council, "2025"))) == (value, found)
        assert asked(corrections.correct(net.council, "2025")) == (0, found[1])
    await until(lambda: len(_to_verify(net)) == 2)
    assert all("Lieu un" in letter.text for letter in _to_verify(net))


def _to_verify(net: Net) -> list[Item]:
    """The letters about warnings that have arrived at the site."""
    return [item for item in timeline(net.site, 50, "fr") if "à vérifier" in item.title]


async def test_nobody_else_reads_a_letter(net: Net) -> None:
    campaigns.open_(net.council, "2025", net.day(30))
    await net.heard(2)
    catch_up(net.council)
    catch_up(net.site)
    for node in (net.council, net.site):
        assert projected(node, "SELECT count(*) FROM posts") == [(0,)]
        assert projected(node, "SELECT count(*) FROM graphs WHERE document LIKE '%letters%'") == [(0,)]
    found = "SELECT id, json_extract(CAST(bytes AS TEXT), '$.to[0]') FROM documents JOIN blobs USING (seq)"
    letters = dict(rows(net.council, found + " WHERE type = 'Note' AND kind = 'document'"))  # type: ignore[arg-type]
    assert sorted(letters.values()) == sorted(net.site.config.actor(slug) for slug in ("un", "deux"))  # type: ignore[type-var]
    async with aiohttp.ClientSession() as session:
        for iri, to in letters.items():
            assert await _status(session, iri) == 404
            for slug in ("un", "deux", "actor"):
                with net.site.store.read() as connection:
                    headers = signer(connection, net.site, slug).headers("GET", str(iri), None)
                expected = 200 if net.site.config.actor(slug) == to else 404
                assert (slug, await _status(session, iri, headers)) == (slug, expected)
        for path in ("outbox?before=", "documents", "changes?after="):
            async with session.get(f"{net.council.config.node_actor}/{path}") as response:
                assert response.status == 200
                assert "letters" not in await response.text()


async def _status(session: aiohttp.ClientSession, address: object, headers: dict[str, str] | None = None) -> int:
    async with session.get(str(address), headers=headers or {}) as response:
        return response.status


async def test_a_letter_is_a_plain_direct_note(net: Net) -> None:
    campaigns.open_(net.council, "2025", net.day(30))
    [(raw,), *_] = rows(
        net.council, "SELECT bytes FROM documents JOIN blobs USING (seq) WHERE type='Note' AND kind='activity'"
    )
    said = json.loads(raw)  # type: ignore[arg-type]
    note = said["object"]
    assert (said["type"], note["type"], note["cc"]) == ("Create", "Note", [])
    assert said["to"] == note["to"] == [note["tag"][0]["href"]]
    assert note["tag"][0]["type"] == "Mention"
    assert sorted(note["contentMap"]) == ["en", "fr"]
    assert all(text in note["content"] for text in note["contentMap"].values())


async def test_a_closed_campaign_writes_nothing_and_can_be_opened_again(net: Net) -> None:
    campaigns.open_(net.council, "2025", net.day(1))
    campaigns.close(net.council, "2025")
    await net.connect("trois")
    assert campaigns.tick(net.council) == 0
    for act in (campaigns.remind, campaigns.close, corrections.correct):
        with pytest.raises(CampaignRefused, match="campaign_closed"):
            act(net.council, "2025")
    again = campaigns.open_(net.council, "2025", net.day(2))
    assert (again.changed, asked(again)) == (True, (1, 3))


@pytest.mark.parametrize(
    ("period", "days", "code"),
    [
        ("hier", 1, "campaign_period"),
        ("2025-12-31", 1, "campaign_period"),
        ("2198", 1, "campaign_period_future"),
        ("2025", -1, "campaign_date_past"),
    ],
)
def test_what_cannot_be_opened_is_said(tmp_path: Path, period: str, days: int, code: str) -> None:
    make(tmp_path / "c", 9, [9], "aggregator").close()
    node = open_node(tmp_path / "c")
    day = (today(node) + timedelta(days=days)).isoformat()
    with pytest.raises(CampaignRefused) as refused:
        campaigns.open_(node, period, day)
    assert refused.value.code == code
    for bad in ("31/03/2026", "2026-02-30", "demain", "20260331"):
        with pytest.raises(CampaignRefused) as refused:
            campaigns.open_(node, "2025", bad)
        assert refused.value.code == "campaign_date"
    for lang in ("fr", "en"):
        assert bad in refused.value.text(lang)
    assert views.all_of(node) == ()
    node.close()


async def test_new_keys_say_no_letter_again(net: Net) -> None:
    campaigns.open_(net.council, "2025", net.day(30))
    paper = Ed25519PrivateKey.generate()
    rotation.renew_recovery(net.council, paper.public_key(), None)
    rotation.recover(net.council, paper, since=net.clock() - timedelta(hours=1))
    letters = "SELECT count(*) FROM journal WHERE object_type = 'Note' AND direction = 'out'"
    assert rows(net.council, letters) == [(2,)]
