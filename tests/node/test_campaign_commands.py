"""`maillage campaign …` as it is typed, and the page of the campaigns in its three dresses."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from sqlalchemy import insert

from node.app import build_app, runner_of
from node.campaigns.dates import today
from node.cli.run import main
from node.context import Node, open_node
from node.project import catch_up
from node.store.schema import answers, campaigns, directory, relations, restricted_answers
from node.views import campaign as views
from tests.node.filled import a_place
from tests.node.net import free_ports, make


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Node]:
    make(tmp_path / "c", free_ports(1)[0], [], "aggregator").close()
    node = open_node(tmp_path / "c")
    catch_up(node)
    yield node
    node.close()


def fill(node: Node, *answered: tuple[int, str, str]) -> None:
    """Seven places, six of them connected; each answer: which place, the period, the day; odd ones restricted."""
    places = [a_place(n) for n in range(7)]
    rows = [
        {
            "document": f"{n}-{period}",
            "actor": places[n]["actor"],
            "place": "",
            "period": period,
            "first": day,
            "seq": 1,
        }
        for n, period, day in answered
    ]
    with node.cache.public.write() as public, node.cache.restricted.write() as restricted:
        public.execute(insert(directory), places)
        public.execute(insert(relations), [{"actor": each["actor"], "since": "", "seq": 1} for each in places[:6]])
        for n, row in enumerate(rows):
            (restricted if n % 2 else public).execute(insert(restricted_answers if n % 2 else answers).values(row))


def opened(node: Node, period: str = "2025", closed: str | None = None) -> date:
    last = today(node) + timedelta(days=12)
    row = {"period": period, "until": last.isoformat(), "opened": "2026-01-01T00:00:00.000Z", "closed": closed}
    node.store.write(lambda connection: connection.execute(insert(campaigns).values(row)))
    return last


def test_what_makes_a_whole_answer(council: Node) -> None:
    months = [(3, f"2025-{month:02d}", f"2026-01-{month:02d}") for month in range(1, 13)]
    fill(
        council,
        (0, "2025", "2026-01-05"),
        (1, "2024-07-01/P1Y", "2026-01-05"),
        (2, "2025-12-31", "2026-01-06"),
        *months,
        *[(4, f"2025-{month:02d}", "2026-01-01") for month in range(1, 12)],
        (5, "2024", "2026-01-01"),
        (5, "2025-07-01/P1Y", "2026-01-01"),
    )
    progress = views.progress(council, "2025")
    assert [each.name for each in progress.late] == ["Lieu 4", "Lieu 5"]
    assert progress.days == (("2026-01-05", 2), ("2026-01-06", 1), ("2026-01-12", 1))
    assert (progress.whole.answered, progress.whole.connected, progress.whole.known) == (4, 6, 7)
    assert sum(area.connected for area in progress.areas if area.level == "region") == 6
    assert views.progress(council, "2025-03").whole.answered == 2


def test_the_commands(council: Node, capsys: pytest.CaptureFixture[str]) -> None:
    def typed(*words: str, lang: str = "fr") -> tuple[int, str]:
        code = main(["--dir", str(council.dir), "--lang", lang, "campaign", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    day = (today(council) + timedelta(days=5)).isoformat()
    for lang in ("fr", "en"):
        assert typed("show", lang=lang)[0] == 0
        assert typed("open", "--period", "2025", "--until", day, "--dry-run", lang=lang)[0] == 0
        assert typed("open", "--period", "2025", "--until", "31/12/2026", lang=lang)[0] == 2
        assert typed("open", "--period", "2099", "--until", day, lang=lang)[0] == 2
        assert typed("remind", "--period", "2025", lang=lang)[0] == 4
        assert typed("show", "--period", "2025", lang=lang)[0] == 4
    assert json.loads(typed("open", "--period", "2025", "--until", day, "--json")[1].partition("→")[0])["written"] == 0
    fill(council, (0, "2025", "2026-01-05"))
    for lang in ("fr", "en"):
        for words in (("show",), ("remind", "--period", "2025"), ("correct", "--period", "2025")):
            code, said = typed(*words, lang=lang)
            assert (words, code) == (words, 0)
            assert "→" in said
    assert "Lieu 5" in typed("show")[1]
    (shown,) = json.loads(typed("show", "--period", "2025", "--json")[1].partition("→")[0])
    assert (shown["days_left"], shown["whole"]["answered"], len(shown["late"])) == (5, 1, 5)
    assert typed("close", "--period", "2025")[0] == 0
    assert typed("close", "--period", "2025")[0] == 1


async def test_the_page_counts_and_names_nobody(council: Node) -> None:
    fill(council, (0, "2025", "2026-01-05"), (1, "2025", "2026-01-06"))
    port = int(council.config.authority.rpartition(":")[2])
    runner = runner_of(build_app(council))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with ClientSession(council.config.url) as client:
        for lang, words in {"fr": "Aucune campagne", "en": "No campaign"}.items():
            assert words in await (await client.get(f"/campaign?lang={lang}")).text()
        opened(council)
        opened(council, "2024", "2025-05-01T00:00:00.000Z")
        for lang, words in {"fr": ("il reste 12 jours", "Creuse"), "en": ("12 days left", "Creuse")}.items():
            page = await (await client.get(f"/campaign?lang={lang}")).text()
            assert all(word in page for word in words)
            assert "Lieu 5" not in page
        said = await (await client.get("/campaign.json")).json()
        assert [each["period"] for each in said["campaigns"]] == ["2025", "2024"]
        assert said["campaigns"][0]["whole"] == {
            "level": "country", "code": "FR", "answered": 2, "connected": 6, "known": 7
        }  # fmt: skip
        assert "Lieu 5" not in json.dumps(said)
        table = await (await client.get("/campaign.csv?period=2025")).text()
        first = next(csv.DictReader(io.StringIO(table)))
        assert (first["period"], first["days_left"], first["area"], first["answered"]) == ("2025", "12", "FR", "2")
        assert (await client.get("/campaign?period=2023")).status == 400
    await runner.cleanup()


@pytest.mark.parametrize(
    ("n", "words"), [(5, "campaign remind --period 2025"), (6, "maillage totals --indicator visits --period 2025")]
)
def test_who_has_all_the_answers_is_shown_the_totals(
    council: Node, capsys: pytest.CaptureFixture[str], n: int, words: str
) -> None:
    fill(council, *((each, "2025", "2026-01-05") for each in range(n)))
    opened(council)
    assert main(["--dir", str(council.dir), "--lang", "fr", "campaign", "show"]) == 0
    assert words in capsys.readouterr().out
