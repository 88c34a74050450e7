"""How the code of this project is read by the tests of its shape: modules, their imports, their functions."""

import ast
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("vocab", "federation", "node")


def sources(*folders: str) -> tuple[Path, ...]:
    """Every Python file of ours under these folders."""
    found = (file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return tuple(sorted(file for file in found if "node_modules" not in file.parts))


@cache
def tree(file: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def module_name(file: Path) -> str:
    """`node/store/engine.py` is `node.store.engine`."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _top_level(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when the module is imported: no body of a function, nothing for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_type_checking(child):
            continue
        yield child
        yield from _top_level(child)


def _targets(node: ast.AST, known: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            full = f"{node.module}.{alias.name}"
            yield full if full in known else node.module


def imports(*, lazy: bool) -> Mapping[str, frozenset[str]]:
    """Module → modules of ours that it imports; `lazy` counts imports inside functions too."""
    files = {module_name(file): file for file in sources(*PACKAGES)}
    known = frozenset(files)
    found = {}
    for name, file in files.items():
        nodes = ast.walk(tree(file)) if lazy else _top_level(tree(file))
        found[name] = frozenset(t for node in nodes for t in _targets(node, known) if t.split(".")[0] in PACKAGES)
    return found


def cycle(graph: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """One cycle of the graph, else an empty tuple."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        if name in path:
            return (*path[path.index(name) :], name)
        if name in done:
            return ()
        for target in sorted(graph.get(name, ())):
            if found := visit(target, (*path, name)):
                return found
        done.add(name)
        return ()

    return next((found for name in sorted(graph) if (found := visit(name, ()))), ())


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """Name and number of lines of each function of a file."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def calls(file: Path) -> Iterator[tuple[str, int]]:
    """`datetime.now` and its line, for each dotted call of a file."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func), node.lineno


def committed() -> tuple[Path, ...]:
    """Every file under version control."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file())
