"""What a node says of its own work: to whom, in what form, and nothing of any place."""

import json
import logging
import os
import platform
import subprocess
import sys
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from prometheus_client.parser import text_string_to_metric_families

from node.context import Node, open_node
from node.ops import logs
from node.ops.measures import BOUNDS
from node.ops.nightly import nightly
from node.project import catch_up
from node.publish import publish
from node.reports import add_report
from tests.node.desk import SLUG, Site, populated, served
from tests.node.net import free_ports, visits

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def node(tmp_path: Path) -> Node:
    made = populated(tmp_path / "node")
    add_report(made, SLUG, "2025", visits(4711), "public")
    publish(made)
    return made


async def scraped(site: Site) -> tuple[str, Samples]:
    answer = await site.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    text = await answer.text()
    families = list(text_string_to_metric_families(text))
    return text, {(each.name, tuple(sorted(each.labels.items()))): each.value for f in families for each in f.samples}


async def test_the_figures_are_those_of_the_work(node: Node) -> None:
    nightly(node)
    catch_up(node)
    async with served(node) as site:
        paths = ("/places/etabli", "/places/nobody", "/nowhere/at/all")
        assert [(await site.get(path)).status for path in paths] == [200, 404, 404]
        _, found = await scraped(site)
    route = ("route", "/places/{slug}")
    assert found["maillage_http_answers_total", (("method", "GET"), route, ("status", "200"))] == 1
    assert found["maillage_http_answers_total", (("method", "GET"), route, ("status", "404"))] == 1
    assert found["maillage_http_answers_total", (("method", ""), ("route", ""), ("status", "404"))] == 1
    assert found["maillage_http_seconds_count", (route,)] == 2
    assert found["maillage_http_seconds_bucket", (("le", "+Inf"), route)] == 2
    assert found["maillage_places", ()] == 2
    assert found["maillage_projection_behind", ()] == 0
    assert found["maillage_journal_entry", ()] > 0
    assert found["maillage_backup_good_timestamp_seconds", ()] > 1_700_000_000
    assert found["maillage_backup_failed", ()] == 0
    assert found["process_resident_memory_bytes", ()] > 1_000_000
    assert 0.2 in BOUNDS


async def test_nothing_of_a_place_or_of_a_person(node: Node) -> None:
    async with served(node) as site:
        await site.get(f"/places/{SLUG}")
        await site.get("/places/etabli/posts")
        text, _ = await scraped(site)
    assert [word for word in (SLUG, "voisin", "4711", "visits", "example.org", "Établi") if word in text] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "192.0.2.1"},
        {"Forwarded": "for=192.0.2.1"},
        {"Via": "1.1 x"},
        {"Host": "lieu.example"},
        {"X-Real-IP": "192.0.2.1", "Authorization": "Bearer "},
    ],
)
async def test_what_a_web_server_passes_on_is_from_elsewhere(node: Node, headers: dict[str, str]) -> None:
    async with served(node) as site:
        assert (await site.get("/metrics", **headers)).status == 404
        assert (await site.get("/metrics")).status == 200


async def test_a_token_opens_it_from_elsewhere(node: Node) -> None:
    node.close()
    with_token = open_node(node.dir, {"MAILLAGE_METRICS__TOKEN": "s3cret"})
    async with served(with_token) as site:
        far = {"X-Forwarded-For": "192.0.2.1"}
        assert (await site.get("/metrics", **far, Authorization="Bearer s3cret")).status == 200
        for wrong in ("Bearer other", "Bearer ", "Bearer s3cre", "Basic s3cret", "Bearer été"):
            assert (await site.get("/metrics", **far, Authorization=wrong)).status == 404


def line(form: str, record: logging.LogRecord) -> str:
    before = logging.getLogger().handlers[:]
    try:
        logs.configure(form)
        [handler] = [each for each in logging.getLogger().handlers if each not in before]
        return handler.format(record)
    finally:
        for each in logging.getLogger().handlers[:]:
            if each not in before:
                logging.getLogger().removeHandler(each)


def record(message: str, *given: object, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("maillage.x", logging.WARNING, __file__, 1, message, given, trace)


def test_one_json_value_a_line_with_the_fields_of_the_message() -> None:
    said = json.loads(line("json", record("move refused actor=%s target=%s\n", "a\nb", "c")))
    assert (said["event"], said["actor"], said["target"]) == ("move refused", "a\nb", "c")
    assert (said["level"], said["logger"]) == ("warning", "maillage.x")
    whole = line("json", record("it failed", error=ValueError("wrong\nat all")))
    assert "\n" not in whole
    assert "ValueError" in json.loads(whole)["exception"]
    assert json.loads(line("json", record("50%% of %s", "x")))["event"] == "50% of x"
    assert json.loads(line("json", record("time=%s", "now")))["time_"] == "now"
    assert "WARNING maillage.x: move refused actor=a" in line("text", record("move refused actor=%s", "a"))


def test_a_node_that_runs_writes_json_lines(tmp_path: Path) -> None:
    node = populated(tmp_path / "node", ports=free_ports(1))
    node.close()
    environ = os.environ | {"MAILLAGE_LOG__FORMAT": "json"}
    command = [sys.executable, "-m", "node", "--dir", str(node.dir), "serve", "--bind", node.config.authority]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        first = json.loads(process.stderr.readline())
        assert (first["event"], first["url"]) == ("serving", node.config.url)
        with build_opener(ProxyHandler({})).open(node.config.url + "/healthz") as answer:
            assert answer.status == 200
    finally:
        process.terminate()
        rest = process.communicate(timeout=20)[1]
    assert [json.loads(each)["event"] for each in rest.splitlines()] == ["stopping"]


def test_the_threads_of_a_node_share_one_heap() -> None:
    """In a process of its own: the C library counts its heaps in what it says of itself."""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("not glibc: nothing is asked of it")
    script = (
        "import ctypes, sys, threading\n"
        "from node.ops import memory\n"
        "assert sys.argv[1:] == [] or memory.save()\n"
        "kept = [threading.Thread(target=lambda: ctypes.CDLL(None).malloc(1000)) for _ in range(8)]\n"
        "barrier = [each.start() for each in kept] + [each.join() for each in kept]\n"
        "ctypes.CDLL(None).malloc_stats()\n"
    )
    heaps = [
        subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True).stderr.count(
            "Arena"
        )
        for words in ((), ("save",))
    ]
    assert heaps[0] > heaps[1] == 1
