"""What a node is run with: containers, systemd, Caddy. Each is asked of its own program, where that is there."""

import asyncio
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from node.context import Node, init_node
from node.ops.address import asked
from node.places import add_place
from node.project import catch_up
from node.publish import publish
from tests.node.desk import populated
from tests.node.net import free_ports, place
from tests.node.sender import Sender
from tests.shape import PACKAGES, ROOT, committed

DOCKER = ROOT / "docker"
UNIT = DOCKER / "maillage.service"
PACKAGE = {"systemd-analyze": "systemd", "caddy": "caddy", "unshare": "util-linux", "setpriv": "util-linux"}
EXPOSURE = re.compile(r"Overall exposure level.*: (\d+\.\d)")


def program(name: str) -> str:
    """Where a program is; the test is skipped, saying so, where it is not."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not on this machine (Debian: {PACKAGE[name]})")
    return found


def ran(*command: object, **environ: str) -> subprocess.CompletedProcess[str]:
    given = [str(word) for word in command]
    return subprocess.run(given, env=os.environ | environ, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    text = UNIT.read_text(encoding="utf-8")
    assert text.count("/opt/maillage/.venv/bin/maillage ") == 1
    file = tmp_path / UNIT.name
    file.write_text(text.replace("/opt/maillage/.venv/bin/maillage ", f"{shutil.which('true')} "), encoding="utf-8")
    return file


def test_systemd_finds_nothing_wrong_with_the_unit(unit: Path) -> None:
    said = ran(program("systemd-analyze"), "verify", unit)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")
    unit.write_text(unit.read_text("utf-8").replace("ProtectHome=yes", "ProtectHome=perhaps"), "utf-8")
    assert "protect home" in ran(program("systemd-analyze"), "verify", unit).stderr


def test_little_of_the_machine_is_open_to_the_unit(unit: Path) -> None:
    said = ran(program("systemd-analyze"), "security", "--offline=true", "--threshold=20", unit)
    found = EXPOSURE.search(said.stdout)
    assert said.returncode == 0, said.stderr
    assert found is not None
    assert float(found[1]) <= 2.0


def test_caddy_takes_its_configuration() -> None:
    caddy = program("caddy")
    command = (caddy, "validate", "--adapter", "caddyfile", "--config")
    said = ran(*command, DOCKER / "Caddyfile", MAILLAGE_HOST="etabli.example")
    assert said.returncode == 0, said.stderr
    assert ran(caddy, "fmt", "--diff", DOCKER / "Caddyfile").stdout.count("\n+") == 0


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile: each instruction and what it is given."""
    text = re.sub(r"\\\n", " ", (DOCKER / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def test_the_image_has_two_stages_and_runs_as_nobody() -> None:
    """Not built here: there may be no engine. What can be read in the file is read."""
    said = instructions()
    stages = [at for at, (word, _) in enumerate(said) if word == "FROM"]
    assert len(stages) == 2
    final = said[stages[1] :]
    given = dict(final)
    assert [what for word, what in final if word == "COPY"] == ["--from=build /opt/maillage /opt/maillage"]
    user = given["USER"].partition(":")[0]
    assert user.isdigit()
    assert int(user) > 0
    assert given["VOLUME"] == "/state"
    assert "/healthz" in given["HEALTHCHECK"]
    assert given["ENTRYPOINT"] == '["/opt/maillage/bin/maillage"]'
    assert "--require-hashes" in " ".join(what for word, what in said if word == "RUN")
    for word, what in said[: stages[1]]:
        source = what.split()[0]
        assert word != "COPY" or source == "." or (ROOT / source).exists()
    options = dict(pair.split("=", 1) for pair in given["ENV"].split())
    assert options["MAILLAGE_DIR"] == given["VOLUME"]
    assert options["MAILLAGE_HTTP__BIND"].endswith(":" + given["EXPOSE"])


def test_what_the_image_installs_is_whole_and_runs(tmp_path: Path) -> None:
    """As the Dockerfile does it: a wheel of the sources, nothing of this checkout beside it."""
    sources, wheels, unpacked = tmp_path / "src", tmp_path / "wheels", tmp_path / "installed"
    for file in (each for each in committed() if each.relative_to(ROOT).parts[0] not in ("tests", "docs")):
        target = sources / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    build = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, sources)
    made = ran(sys.executable, *build, PIP_DISABLE_PIP_VERSION_CHECK="1")
    assert made.returncode == 0, made.stderr
    [wheel] = wheels.glob("*.whl")
    shutil.unpack_archive(wheel, unpacked, "zip")
    wanted = {file.relative_to(ROOT) for file in committed() if file.relative_to(ROOT).parts[0] in PACKAGES}
    assert [name for name in sorted(wanted) if not (unpacked / name).exists()] == []
    script = "import node.cli.run as run, sys; print(run.__file__); sys.exit(run.main(sys.argv[1:]))"
    state, installed = tmp_path / "state", {"PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}
    told = ran(
        sys.executable,
        "-c",
        script,
        "--dir",
        state,
        "init",
        "--url",
        "https://a.example",
        "--role",
        "site",
        **installed,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(str(unpacked))
    assert ran(sys.executable, "-c", script, "--dir", state, "doctor", "--offline", **installed).returncode == 0


def test_what_the_image_does_not_take() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv", "state"} <= set(ignored)


def test_the_containers_are_read_only_and_have_no_power() -> None:
    yaml: Any = pytest.importorskip("yaml")
    composed = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
    node, caddy = composed["services"]["node"], composed["services"]["caddy"]
    for each in (node, caddy):
        assert each["read_only"] is True
        assert each["cap_drop"] == ["ALL"]
        assert each["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in each
        assert each["mem_limit"]
    assert "ports" not in node, "only Caddy is reached from outside"
    assert node["volumes"] == ["state:/state"]
    assert caddy["cap_add"] == ["NET_BIND_SERVICE"]
    assert set(composed["volumes"]) == {"state", "caddy"}
    assert (DOCKER / node["build"]["context"] / node["build"]["dockerfile"]).exists()
    assert "./Caddyfile:/etc/caddy/Caddyfile:ro" in caddy["volumes"]
    exposed = dict(instructions())["EXPOSE"]
    assert caddy["environment"]["MAILLAGE_NODE"] == f"node:{exposed}"


@asynccontextmanager
async def serving(node: Node, **environ: str) -> AsyncIterator[None]:
    """The node in a process of its own, on the port that its configuration says."""
    command = (sys.executable, "-m", "node", "--dir", str(node.dir), "serve")
    async with running(*command, ready="/", **environ):
        yield


@asynccontextmanager
async def running(*command: str, ready: str, **environ: str) -> AsyncIterator[None]:
    """A program that has said on stdout or stderr that it is ready, until the block ends."""
    pipe, both = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | environ, stdout=pipe, stderr=both)
    assert process.stdout is not None
    seen = b""
    try:
        while ready.encode() not in seen:
            line = await asyncio.wait_for(process.stdout.readline(), 30)
            assert line, seen.decode()
            seen += line
    except TimeoutError:
        process.kill()
        raise AssertionError(seen.decode()) from None
    reading = asyncio.ensure_future(process.stdout.read())
    try:
        yield
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 20)
        await reading


async def test_a_node_behind_caddy_over_https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own Caddyfile, with a certificate of Caddy's own: pages, a signed message, the doctor, what stays inside."""
    caddy = program("caddy")
    secure, inside = free_ports(2)
    url, files = f"https://localhost:{secure}", tmp_path / "caddy"
    node = init_node(tmp_path / "node", url, ("site",), environ={})
    add_place(node, "etabli", place(node, "etabli"), ["@*@far.example"])
    publish(node)
    catch_up(node)
    sender = Sender().known_by(node)
    around = tmp_path / "Caddyfile"
    options = f"skip_install_trust\nadmin off\nauto_https disable_redirects\nstorage file_system {files}"
    around.write_text(f"{{\n{options}\n}}\nimport {DOCKER / 'Caddyfile'}\n", encoding="utf-8")
    ca = files / "pki/authorities/local/root.crt"
    hosts = {"MAILLAGE_HOST": f"localhost:{secure}", "MAILLAGE_NODE": f"127.0.0.1:{inside}"}
    command = (caddy, "run", "--adapter", "caddyfile", "--config", str(around))
    try:
        async with (
            serving(node, MAILLAGE_HTTP__BIND=f"127.0.0.1:{inside}"),
            running(*command, ready="certificate obtained successfully", HOME=str(tmp_path), **hosts),
        ):
            monkeypatch.setenv("SSL_CERT_FILE", str(ca))
            await _until_it_shakes_hands(secure)
            await _seen_from_outside(url, sender)
            found = {f"{each.about}.{each.code}" for each in await asked(node)}
    finally:
        node.close()
    assert "address.ok" in found
    assert found <= {"address.ok", "https.ok", "https.ends"}, "Caddy's own certificates last half a day"


async def _until_it_shakes_hands(port: int) -> None:
    """Caddy has a certificate a moment before it shows it."""
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("localhost", port, ssl=ssl.create_default_context())
        except (ssl.SSLError, ConnectionError):
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise AssertionError(port)


async def _seen_from_outside(url: str, sender: Sender) -> None:
    trusting = aiohttp.TCPConnector(ssl=ssl.create_default_context())
    async with aiohttp.ClientSession(connector=trusting) as client:
        async with client.get(url + "/places/etabli", headers={"Accept": "text/html"}) as page:
            assert page.status == 200
            assert page.headers["Content-Encoding"] in ("gzip", "zstd")
            assert "max-age" in page.headers["Strict-Transport-Security"]
        async with client.get(url + "/metrics") as closed:
            assert closed.status == 404
        follow = sender.say(1, "Follow", url + "/places/etabli")
        await sender.post(client, url + "/places/etabli/inbox", follow)
        body = sender.sent[follow]
        changed = sender.headers(url + "/places/etabli/inbox", body) | {"Host": "elsewhere.example"}
        async with client.post(url + "/places/etabli/inbox", data=body, headers=changed) as other:
            assert other.status != 202


ALONE = """
mount --make-rprivate /
mount --bind "$STATE" /mnt
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -o remount,bind,ro /
exec setpriv --reuid 10001 --regid 10001 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
"""


async def test_a_node_that_can_write_nothing_but_its_state(tmp_path: Path) -> None:
    """As the container has it: another user, no capability, the whole file system read-only."""
    unshare, _ = program("unshare"), program("setpriv")
    if os.geteuid() or ran(unshare, "-m", "true").returncode:
        pytest.skip("only root may take the file system away from a process")
    if any(path.is_relative_to("/tmp") for path in (ROOT, Path(sys.executable))):
        pytest.skip("this clone is under /tmp, which the node of this test has empty")
    node = populated(tmp_path / "node")
    url = node.config.url
    node.close()
    ran("chown", "-R", "10001:10001", node.dir)
    probe = "import pathlib; pathlib.Path('/var/tmp/x').write_text('')"
    inside = (unshare, "-m", "sh", "-euc", ALONE, "sh", sys.executable)
    environ = {"STATE": str(node.dir), "MAILLAGE_HTTP__BIND": node.config.authority, "PYTHONDONTWRITEBYTECODE": "1"}
    assert "Read-only file system" in ran(*inside, "-c", probe, **environ).stderr
    async with (
        running(*inside, "-m", "node", "--dir", "/mnt", "serve", ready=url, **environ),
        aiohttp.ClientSession() as client,
        client.get(url + "/readyz") as answer,
    ):
        assert answer.status == 200
    assert ran(*inside, "-m", "node", "--dir", "/mnt", "backup", "/mnt/backups", **environ).returncode == 0
