"""Every reason that is said is in the table: stable, snake case, with a status of its own."""

import ast
import re

from federation.errors import STATUS
from tests.shape import sources, tree


def said() -> dict[str, str]:
    """The reasons given to `refuse(…)` as they are written, each with a file that says it."""
    found = {}
    for file in sources("federation", "node"):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refuse":
                reasons = [each for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)]
                found |= {str(each.value): file.name for each in reasons if isinstance(each.value, str)}
    return found


def test_every_reason_has_a_status() -> None:
    reasons = {name: file for name, file in said().items() if re.fullmatch(r"[a-z_]{4,}", name)}
    assert len(reasons) > 40
    unknown = {name: file for name, file in reasons.items() if name not in STATUS}
    assert unknown == {}


def test_the_table_is_stable() -> None:
    for reason, status in STATUS.items():
        assert re.fullmatch(r"[a-z0-9_]+", reason)
        assert 400 <= status < 600
