"""`maillage post …` and `maillage timeline` as they are typed: what they print, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from node.cli.parser import spelt_out
from node.cli.run import main

PLACE = (Path(__file__).parents[2] / "examples/one_site/place.toml").read_text(encoding="utf-8")
EVENT = "---\ntitre: Atelier vélo\ndate: 2026-05-12 18:30\n---\nVenez !\n"


class Typed:
    """Commands on one node: their exit codes, and what they print."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def file(self, text: str | bytes, name: str = "post.md") -> str:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def run(self, *words: str, lang: str = "fr") -> tuple[int, str, str]:
        code = main(["--dir", str(self.folder / "node"), "--lang", lang, *words])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def json(self, *words: str) -> Any:
        code, out, _ = self.run(*words, "--json")
        assert code == 0, out
        return json.loads(out)


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    typed = Typed(tmp_path, capsys)
    typed.run("init", "--url", "https://etabli.example", "--role", "site")
    typed.run("place", "add", "etabli", "--file", typed.file(PLACE, "place.toml"))
    return typed


def test_a_post_is_made_listed_corrected_and_withdrawn(typed: Typed) -> None:
    made = typed.json("post", "etabli", "--type", "event", "--file", typed.file(EVENT))
    iri = "https://etabli.example/places/etabli/posts/atelier-velo"
    assert made == {"id": iri, "url": iri, "type": "event", "version": 1, "queued": 0, "announced": 0}
    [listed] = typed.json("post", "list")
    assert (listed["id"], listed["name"], listed["slug"], listed["type"]) == (iri, "atelier-velo", "etabli", "event")
    assert typed.json("post", "list", "etabli") == [listed]
    same = typed.json("post", "edit", "atelier-velo", "--file", typed.file(EVENT))
    assert (same["changed"], same["version"]) == (False, 1)
    edited = typed.json("post", "edit", iri, "--file", typed.file(EVENT.replace("Venez", "Accourez")))
    assert (edited["changed"], edited["version"]) == (True, 2)
    assert typed.json("post", "delete", "etabli/atelier-velo")["deleted"] is True
    assert typed.json("post", "list") == []
    assert typed.json("timeline") == []


def test_a_person_is_told_where_it_is_and_what_to_do_next(typed: Typed) -> None:
    for lang in ("fr", "en"):
        told(typed, lang)


def told(typed: Typed, lang: str) -> None:
    for kind, text in {"note": "Bonjour", "article": "---\ntitle: Un\n---\nx", "event": EVENT}.items():
        code, out, _ = typed.run("post", "etabli", "--type", kind, "--file", typed.file(text), lang=lang)
        assert code == 0
        assert "https://etabli.example/places/etabli/posts/" in out
        assert out.strip().splitlines()[-1].startswith("→")
    name = "bonjour" if lang == "fr" else "bonjour-2"
    for words in (["post", "list"], ["timeline"], ["post", "delete", name]):
        code, out, _ = typed.run(*words, lang=lang)
        assert code == 0
        assert out.strip().splitlines()[-1].startswith("→")


REFUSED = {
    "titre: x": (1, "date"),
    "titel: x": (1, "titre"),
    "titre: x\ndate: hier": (1, "hier"),
    "titre: x\ndate: 2026-01-02\nfin: 2026-01-01": (1, "fin"),
    "titre: x\ndate: 2026-01-02\nlicence: zz": (1, "licence"),
    "titre: x\ndate: 2026-01-02\nlangue: klingon": (1, "klingon"),
}


def test_a_mistake_is_said_and_nothing_is_written(typed: Typed) -> None:
    for head, (expected, word) in REFUSED.items():
        for lang in ("fr", "en"):
            file = typed.file(f"---\n{head}\n---\nx")
            code, _, err = typed.run("post", "etabli", "--type", "event", "--file", file, lang=lang)
            assert (head, code) == (head, expected)
            assert word in err
    assert typed.json("post", "list") == []


def test_files_and_names_that_are_not_there(typed: Typed) -> None:
    good, latin = typed.file(EVENT), typed.file("é".encode("latin-1"), "latin.md")
    cases = {
        ("post", "etabli", "--type", "note", "--file", str(typed.folder / "none.md")): 1,
        ("post", "etabli", "--type", "note", "--file", latin): 1,
        ("post", "etabli", "--type", "note", "--file", typed.file("  \n")): 1,
        ("post", "zz", "--type", "note", "--file", good): 4,
        ("post", "etabli", "--type", "poem", "--file", good): 2,
        ("post", "etabli", "--file", good): 2,
        ("post",): 2,
        ("post", "list", "zz"): 4,
        ("post", "edit", "zz", "--file", good): 4,
        ("post", "delete", "zz"): 4,
    }
    for words, expected in cases.items():
        code, _, err = typed.run(*words)
        assert (words, code) == (words, expected)
        assert err


def test_a_deleted_post_says_so(typed: Typed) -> None:
    made = typed.json("post", "etabli", "--type", "note", "--file", typed.file("x"))
    typed.run("post", "delete", made["id"])
    code, _, err = typed.run("post", "delete", made["id"])
    assert code == 1
    assert made["id"] in err


def test_a_place_called_as_a_command_is_written_after_the_whole(typed: Typed) -> None:
    typed.run("place", "add", "list", "--file", typed.file(PLACE, "place.toml"))
    made = typed.json("post", "add", "list", "--type", "note", "--file", typed.file("Bonjour"))
    assert made["id"].endswith("/places/list/posts/bonjour")
    assert len(typed.json("post", "list")) == 1


SPELT = {
    "post etabli --type note": "post add etabli --type note",
    "post --type note etabli": "post add --type note etabli",
    "--dir post post etabli": "--dir post post add etabli",
    "--lang fr post --json etabli": "--lang fr post add --json etabli",
    "post --file list etabli": "post add --file list etabli",
    "post list": "post list",
    "post --json list": "post --json list",
    "post add list": "post add list",
    "post edit add": "post edit add",
    "post": "post",
    "post --help": "post --help",
    "place post": "place post",
    "": "",
}


@pytest.mark.parametrize("words", SPELT)
def test_the_word_that_can_be_left_out(words: str) -> None:
    assert spelt_out(words.split()) == SPELT[words].split()


def test_an_aggregator_reads_but_has_nothing_to_say(typed: Typed) -> None:
    typed.run(
        "--dir", str(typed.folder / "council"), "init", "--url", "https://council.example", "--role", "aggregator"
    )
    words = ["--dir", str(typed.folder / "council")]
    assert typed.run("post", "list", *words)[0] == 2
    assert typed.run("timeline", *words)[0] == 0
