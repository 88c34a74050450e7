"""The shape of the house: layers, cycles, sizes, docstrings, languages, and what the documents must name."""

import ast
import json
import re
import statistics
from pathlib import Path

import pytest

from node.cli.parser import COMMANDS
from tests.shape import PACKAGES, ROOT, calls, committed, cycle, functions, imports, module_name, sources, tree

RANK = {"vocab": 0, "federation": 1, "node": 2}
FEDERATION_MAY_SEE = frozenset({"vocab", "vocab.jsonld", "vocab.contexts"})
LONGEST_FILE, LONGEST_FUNCTION = 600, 60
DOCUMENTS = ("README.md", "FEDERATION.md", "ARCHITECTURE.md")
CODE = sources(*PACKAGES, "tests", "bench", "examples")


def _id(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_node_imports_federation_imports_vocab_and_never_back() -> None:
    wrong = [
        f"{name} imports {target}"
        for name, targets in imports(lazy=True).items()
        for target in targets
        if RANK[target.split(".")[0]] > RANK[name.split(".")[0]]
    ]
    assert not wrong


def test_federation_sees_of_vocab_only_jsonld_and_contexts() -> None:
    seen = {
        f"{name} imports {target}"
        for name, targets in imports(lazy=True).items()
        for target in targets
        if name.startswith("federation") and target.startswith("vocab") and target not in FEDERATION_MAY_SEE
    }
    assert not seen


def test_no_import_cycle() -> None:
    assert cycle(imports(lazy=False)) == ()


def test_only_the_inbox_makes_a_verified() -> None:
    makers = [
        module_name(file)
        for file in sources(*PACKAGES)
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Verified"
    ]
    assert set(makers) <= {"federation.inbox"}


@pytest.mark.parametrize("package", ["vocab", "federation"])
def test_no_clock_and_no_chance_below_the_node(package: str) -> None:
    forbidden = re.compile(r"(^|\.)(now|utcnow|today)$|^time\.time|^random\.|^secrets\.|^os\.urandom")
    found = [
        f"{_id(file)}:{line} {call}"
        for file in sources(package)
        for call, line in calls(file)
        if forbidden.search(call)
    ]
    assert not found


@pytest.mark.parametrize("file", CODE, ids=_id)
def test_a_module_says_what_it_decides(file: Path) -> None:
    if file.name == "__init__.py" and not tree(file).body:
        return
    text = ast.get_docstring(tree(file))
    assert text, "no docstring"
    assert len(text.splitlines()) <= (30 if file.name == "errors.py" else 12)


@pytest.mark.parametrize("file", CODE, ids=_id)
def test_a_file_and_its_functions_fit_on_a_page(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert [f"{name}: {size} lines" for name, size in functions(file) if size > LONGEST_FUNCTION] == []


def test_most_functions_are_short() -> None:
    sizes = [size for file in sources(*PACKAGES) for _, size in functions(file)]
    assert statistics.median(sizes) <= 13
    assert statistics.quantiles(sizes, n=10)[-1] <= 30


def test_no_mock_and_no_empty_word() -> None:
    empty = re.compile(r"(^|_)(manager|helper|helpers|utils|util|common|misc)(_|$)")
    assert [_id(file) for file in CODE if empty.search(file.stem)] == []
    mocks = re.compile(r"^\s*(from|import) (unittest\.mock|mock)\b", re.MULTILINE)
    assert [_id(file) for file in CODE if mocks.search(file.read_text(encoding="utf-8"))] == []


def _texts(folder: Path, lang: str) -> dict[str, str]:
    files = [file for file in (folder / f"{lang}.json", *sorted((folder / lang).glob("*.json"))) if file.exists()]
    assert files, f"{folder} has no {lang}"
    texts: dict[str, str] = {}
    for file in files:
        read = json.loads(file.read_text(encoding="utf-8"))
        assert not texts.keys() & read.keys(), f"{file.name} repeats {sorted(texts.keys() & read.keys())}"
        texts |= read
    return texts


def _catalogues() -> list[Path]:
    return sorted(folder for package in PACKAGES for folder in (ROOT / package).rglob("locale") if folder.is_dir())


@pytest.mark.parametrize("folder", _catalogues(), ids=_id)
def test_french_and_english_say_the_same_things(folder: Path) -> None:
    french, english = _texts(folder, "fr"), _texts(folder, "en")
    assert french.keys() ^ english.keys() == set()
    parameter = re.compile(r"\{(?!fr\}|en\})(\w+)")  # {fr} and {en}: the same text, each in its language
    differ = [key for key in french if set(parameter.findall(french[key])) != set(parameter.findall(english[key]))]
    assert differ == []
    assert [key for key in french if not french[key].strip() or not english[key].strip()] == []


@pytest.mark.parametrize("command", [command.words for command in COMMANDS])
@pytest.mark.parametrize("document", ["README.md", "README.fr.md"])
def test_each_command_is_documented(command: str, document: str) -> None:
    assert re.search(rf"`{re.escape(command)}\b", (ROOT / document).read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_each_option_is_documented(command: object) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    options = [arg.flags[0] for arg in getattr(command, "args", ()) if arg.flags[0].startswith("--")]
    assert [option for option in options if option not in readme] == []


def _shape_of(path: str) -> str:
    """`/places/{slug:[a-z]+}/inbox` and `/places/SLUG/inbox` have one shape: `/places/*/inbox`."""
    return re.sub(r"\{[^{}]*(\{[^{}]*\}[^{}]*)*\}|\b[A-Z][A-Z-]*\b", "*", path).rstrip("/")


def test_each_address_is_documented(tmp_path: Path) -> None:
    from node.app import build_app
    from node.context import init_node

    node = init_node(tmp_path / "node", url="http://127.0.0.1:9", roles=("site", "aggregator"), name="")
    try:
        served = {resource.canonical for resource in build_app(node).router.resources()}
    finally:
        node.close()
    named = {
        _shape_of(path)
        for document in DOCUMENTS
        for path in re.findall(r"`(/[^`\s?]*)", (ROOT / document).read_text(encoding="utf-8"))
    }
    unknown = sorted(path for path in served if _shape_of(path) not in named and not path.startswith("/static"))
    assert unknown == []


def test_each_target_named_in_the_readme_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in ("README.md", "README.fr.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)`", (ROOT / document).read_text(encoding="utf-8")))
        assert {name for pair in named for name in pair if name} <= targets


def test_no_file_names_a_registry_of_packages() -> None:
    hosts = [
        "pypi" + ".org",
        "python" + "hosted.org",
        "registry.npm" + "js",
        "npmjs" + ".org",
        "debian" + ".org/debian",
    ]
    found = []
    for file in committed():
        content = file.read_bytes().lower()
        found += [f"{_id(file)} names {host}" for host in hosts if host.encode() in content]
    assert found == []


def test_locks_hold_hashes_and_no_address() -> None:
    for file in sorted((ROOT / "requirements").glob("*.txt")):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"://|--(extra-)?index|--find-links|--trusted", text)
        blocks = re.split(r"\n(?=\S)", text.strip())
        assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
        assert all(re.match(r"[a-z0-9-]+==\S+ \\$", block.splitlines()[0]) for block in blocks)
