"""`maillage place export`, `import` and `move` as they are typed: what they print, and what they refuse."""

from pathlib import Path

import pytest

from tests.node.test_post_commands import Typed

EXAMPLE = Path(__file__).parents[2] / "examples" / "one_site" / "place.toml"


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    typed = Typed(tmp_path, capsys)
    typed.run("init", "--url", "https://ancien.example", "--role", "site")
    return typed


def test_a_place_is_put_in_a_file_and_taken_in_elsewhere(
    typed: Typed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed.run("place", "add", "etabli", "--file", str(EXAMPLE))[0] == 0
    assert typed.run("publish")[0] == 0
    file = tmp_path / "etabli.zip"
    said = typed.json("place", "export", "etabli", str(file))
    assert (said["documents"], said["bytes"]) == (1, file.stat().st_size)
    code, out, _ = typed.run("place", "export", "etabli", str(file))
    assert code == 0
    assert "mot de passe" in out
    assert typed.run("place", "export", "autre", str(file))[0] == 4
    assert typed.run("place", "export", "etabli", str(tmp_path / "nowhere" / "x.zip"))[0] == 1
    code, _, err = typed.run("place", "import", str(file))
    assert code == 1
    assert "etabli" in err

    new = Typed(tmp_path / "new", capsys)
    new.run("init", "--url", "https://nouveau.example", "--role", "site")
    said = new.json("place", "import", str(file), "--slug", "fabrique")
    assert (said["slug"], said["former"]) == ("fabrique", "https://ancien.example/places/etabli")
    assert [place["state"] for place in new.json("place", "list")] == ["published"]
    code, _, err = new.run("place", "move", "fabrique", "http://127.0.0.1:1/places/x")
    assert code == 3
    assert "127.0.0.1:1" in err


def test_a_file_that_is_none_is_refused_with_a_sentence(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\5\6 this is no zip")
    for lang, words in (("fr", "archive de lieu"), ("en", "archive of a place")):
        code, out, err = typed.run("place", "import", str(tmp_path / "x.zip"), lang=lang)
        assert (code, out) == (1, "")
        assert words in err
    assert typed.run("place", "import", str(tmp_path / "missing.zip"))[0] == 1
