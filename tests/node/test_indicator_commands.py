"""`maillage indicator …` as it is typed: it needs no node, and says the nearest name of what it does not know."""

import json
from pathlib import Path

import pytest

from node.cli.run import main
from vocab import rules
from vocab.reference import indicators, themes


def typed(folder: Path, capsys: pytest.CaptureFixture[str], *words: str, lang: str = "fr") -> tuple[int, str, str]:
    code = main(["--dir", str(folder / "none"), "--lang", lang, "indicator", *words])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_list_is_by_theme(tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str) -> None:
    code, out, _ = typed(tmp_path, capsys, "list", lang=lang)
    assert code == 0
    for rule in indicators().values():
        assert rule.label[lang] in out
    order = [out.index(f"({name})") for name in themes()]
    assert order == sorted(order)
    assert not (tmp_path / "none").exists()


def test_a_theme_and_a_tier_keep_some(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(tmp_path, capsys, "list", "--tier", "core", "--theme", "use", "--json")
    found = json.loads(out)
    assert code == 0
    wanted = [r.id for r in indicators().values() if r.tier == "core" and r.theme == "use"]
    assert [one["id"] for one in found] == wanted != []


@pytest.mark.parametrize("name", indicators())
def test_each_is_shown_with_its_rule_and_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    rule = indicators()[name]
    code, out, _ = typed(tmp_path, capsys, "show", name, "--json")
    said = json.loads(out)
    assert code == 0
    assert said["rule"]["fr"] == rules.sentence(rule, "fr")
    assert list(said["dimensions"]) == list(rule.dimensions)
    code, out, _ = typed(tmp_path, capsys, "show", name, lang="en")
    assert code == 0
    for part in (rule.definition["en"], rules.sentence(rule, "en"), *rules.made_of(rule), *rules.used_in(rule)):
        assert part in out


@pytest.mark.parametrize(("words", "near"), [(("show", "visit"), "visits"), (("list", "--theme", "uses"), "use")])
def test_an_unknown_name_says_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], near: str
) -> None:
    for lang in ("fr", "en"):
        code, _, err = typed(tmp_path, capsys, *words, lang=lang)
        assert code == 4
        assert near in err


@pytest.mark.parametrize(
    ("name", "words"),
    [("useValueScore", "note sur 5"), ("atLeastBalanced", "oui ou non"), ("placesPer100k", "pour 100 000 habitants")],
)
def test_a_figure_without_a_ucum_unit_says_what_it_is_out_of(
    name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["indicator", "show", name, "--lang", "fr"]) == 0
    assert words in capsys.readouterr().out
