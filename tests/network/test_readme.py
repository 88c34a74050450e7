"""Every command of the README is run as it is written, on two real nodes; only addresses and folders are ours."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.testrig import Rig
from tests.shape import ROOT


def commands(document: str) -> list[str]:
    """The command lines of a document, in order."""
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("maillage ")]


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.chdir(ROOT)
    with Rig(tmp_path, {"place": ("site",), "council": ("aggregator",)}) as rig:
        yield rig


def run(rig: Rig, line: str) -> None:
    """One line of the README; `serve` starts a process and waits for it."""
    name = "council" if line.startswith("maillage --dir council ") else "place"
    line = line.replace("maillage --dir council ", "").removeprefix("maillage ")
    place, council = rig["place"], rig["council"]
    line = line.replace("https://etabli.example", place.url).replace("https://council.example", council.url)
    line = line.replace("@etabli.example", "@" + place.authority).replace("@council.example", "@" + council.authority)
    if line.startswith("serve"):
        rig.start(name)
        if not rig[name].dir.exists():
            rig.wait(name, lambda: "/setup/" in rig[name].log.read_text("utf-8"))
            rig.stop(name)  # the screens are tried in `tests/node/test_setup.py`
            return
        rig.ready(name)
        return
    done = rig.command(name, *shlex.split(line))
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    assert done.stdout.strip().splitlines()[-1].startswith("→") or "→" in done.stderr, line


def test_the_readme_is_true(rig: Rig) -> None:
    lines = commands("README.md")
    later = [line for line in lines if "followers" in line]
    for line in lines:
        if line in later:
            continue
        run(rig, line)
        if " follow " in line:
            rig.settled()
            for approval in later:
                run(rig, approval)
            rig.settled()


def test_both_languages_show_the_same_commands() -> None:
    def bare(document: str) -> list[str]:
        return [re.sub(r"--name \S+|\"[^\"]*\"", "", line) for line in commands(document)]

    assert [line.split()[:4] for line in bare("README.fr.md")] == [line.split()[:4] for line in bare("README.md")]
