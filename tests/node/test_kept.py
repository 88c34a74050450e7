"""What is worked out is kept for one state of the projections, and for no other."""

from pathlib import Path

from node.context import init_node
from node.places import add_place
from node.project import catch_up
from node.publish import publish
from node.reports import add_report
from node.views.kept import kept
from node.views.totals import totals
from tests.node.filled import a_figure, a_place, fill
from tests.node.net import place, visits


def test_a_state_is_worked_out_once(tmp_path: Path) -> None:
    node = init_node(tmp_path / "n", "https://council.example", ("aggregator",), "", {})
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    fill(node, [a_place(0)], [a_figure(0, "visits", 1)])
    assert [kept(node, ("a",), make) for _ in range(3)] == [1, 1, 1]
    assert kept(node, ("b",), make) == 2
    fill(node, [a_place(0)], [a_figure(0, "visits", 2)])
    assert kept(node, ("a",), make) == 3
    node.close()


def test_what_is_published_is_another_state(tmp_path: Path) -> None:
    node = init_node(tmp_path / "n", "https://both.example", ("site", "aggregator"), "", {})
    add_place(node, "etabli", place(node, "etabli"))
    for value in (10, 25):
        add_report(node, "etabli", "2025", visits(value), "public")
        publish(node)
        catch_up(node)
        assert totals(node, "visits", "country", "2025")[0].value == str(value)
    node.close()
