"""What the guides tell people to do can be done: commands, options, files, measures and pages that exist."""

import re
from pathlib import Path

import pytest

from node.cli.parser import COMMANDS
from node.config import OPTIONS
from tests.shape import ROOT

GUIDES = sorted((ROOT / "docs").rglob("*.md"))
PAIRED = sorted((ROOT / "docs" / "how-to").glob("*.fr.md"))
WORDS = {command.words for command in COMMANDS}
FAMILIES = {words.partition(" ")[0] for words in WORDS if " " in words}


def _id(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _blocks(file: Path) -> list[str]:
    return re.findall(r"^ *```[a-z]*\n(.*?)^ *```$", _text(file), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("file", GUIDES, ids=_id)
def test_each_link_leads_somewhere(file: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", _text(file))
    assert [link for link in links if "://" not in link and not (file.parent / link).exists()] == []


@pytest.mark.parametrize("file", GUIDES, ids=_id)
def test_each_command_is_one(file: Path) -> None:
    said = re.findall(
        r"(?:^|[`/ ])maillage((?: --(?:dir|lang) [^\s`]+)*)((?: [a-z]+){1,2})", "\n".join(_commands(file)), re.MULTILINE
    )
    wrong = []
    for _, words in said:
        first, *more = words.split()
        known = first in WORDS or (first in FAMILIES and (not more or f"{first} {more[0]}" in WORDS or first == "post"))
        wrong += [] if known else [words]
    assert wrong == []


def _commands(file: Path) -> list[str]:
    """What is meant to be typed: lines of blocks and of code that begin with the program."""
    lines = [line for block in _blocks(file) for line in block.splitlines()]
    return [line for line in (*lines, *re.findall(r"`(maillage [^`]+)`", _text(file))) if "maillage" in line]


@pytest.mark.parametrize("file", GUIDES, ids=_id)
def test_each_option_is_one(file: Path) -> None:
    known = {(option.section, option.name) for option in OPTIONS}
    found = set()
    for block in _blocks(file):
        section = ""
        for line in block.splitlines():
            head, pair = re.fullmatch(r"\[([a-z]+)\]", line), re.match(r"([a-z_]+) = ", line)
            section = head[1] if head else section
            found |= {(section, pair[1])} if pair and section else set()
    variables = {option.variable for option in OPTIONS} | {option.variable + "_FILE" for option in OPTIONS}
    assert found <= known
    assert set(re.findall(r"MAILLAGE_[A-Z]+__[A-Z_]+", _text(file))) <= variables | {"MAILLAGE_SECTION__NAME"}


@pytest.mark.parametrize("french", PAIRED, ids=_id)
def test_both_languages_say_the_same_things_to_do(french: Path) -> None:
    english = french.with_name(french.name.replace(".fr.md", ".md"))
    shape = [re.findall(r"^#+", _text(file), re.MULTILINE) for file in (french, english)]
    assert shape[0] == shape[1]
    rows = [len(re.findall(r"^\|", _text(file), re.MULTILINE)) for file in (french, english)]
    assert rows[0] == rows[1]
    assert len(_blocks(french)) == len(_blocks(english))
    assert english.name in _text(french)
    assert french.name in _text(english)


def test_each_measure_to_watch_is_measured() -> None:
    source = (ROOT / "node" / "ops" / "measures.py").read_text(encoding="utf-8")
    for name in ("regional-host.md", "regional-host.fr.md"):
        named = set(re.findall(r"maillage_(\w+)", _text(ROOT / "docs" / "how-to" / name)))
        assert [each for each in named if each.removesuffix("_bucket") not in source] == []


def test_the_files_that_guides_name_are_there() -> None:
    named = {each for file in GUIDES for each in re.findall(r"\bdocker/[\w.]+", _text(file))}
    assert [each for each in named if not (ROOT / each).exists()] == []
