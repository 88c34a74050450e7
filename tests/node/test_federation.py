"""The whole road between two real nodes: follow, publish, receive, project, catch up, withdraw."""

from pathlib import Path

from node import relations
from node.places import add_place, delete_place
from node.project import catch_up, rebuild
from node.publish import publish
from node.reports import add_report, remove_report
from tests.node.net import free_ports, listening, make, place, projected, rows, until, visits

VALUES = "SELECT value FROM observations ORDER BY value"


async def test_a_place_publishes_and_a_council_shows_it(tmp_path: Path) -> None:
    ports = free_ports(2)
    site, council = make(tmp_path / "site", ports[0], ports), make(tmp_path / "council", ports[1], ports, "aggregator")
    handle = f"@etabli@127.0.0.1:{ports[0]}"
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    add_report(site, "etabli", "2025", visits(4210), "public")
    add_report(site, "etabli", "2025", visits(77), "network")
    async with listening(site), listening(council):
        asked = await relations.follow(council, handle)
        assert isinstance(asked, relations.Asked)
        await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
        publish(site)
        await until(lambda: projected(council, VALUES) == [("4210",)])
        assert projected(council, "SELECT name FROM directory") == [("L'Établi",)]

        await relations.share(site, "etabli", council.config.node_actor, "network")
        publish(site)
        await until(lambda: projected(council, VALUES, "restricted") == [("77",)])
        assert projected(council, VALUES) == [("4210",)]

        add_report(site, "etabli", "2025", visits(5000), "public")
        publish(site)
        await until(lambda: projected(council, VALUES) == [("5000",)])

        before = everything(council)
        rebuild(council)
        assert everything(council) == before

        remove_report(site, "etabli", "2025", "network")
        publish(site)
        await until(lambda: projected(council, VALUES, "restricted") == [])

        delete_place(site, "etabli")
        for table in ("directory", "observations", "graphs"):
            await until(lambda: projected(council, f"SELECT * FROM {table}") == [])  # noqa: B023
        waiting = "SELECT 1 FROM deliveries WHERE state NOT IN ('delivered', 'parked')"
        await until(lambda: rows(site, waiting) == [])
    site.close()
    council.close()


def everything(node) -> list:  # type: ignore[no-untyped-def, type-arg]
    public = ("directory", "relations", "observations", "graphs", "quarantine", "cursor")
    found = [projected(node, f"SELECT * FROM {table} ORDER BY 1") for table in public]
    return [*found, projected(node, "SELECT * FROM observations ORDER BY 1", "restricted")]


async def test_a_council_that_was_down_catches_up(tmp_path: Path) -> None:
    ports = free_ports(2)
    site, council = make(tmp_path / "site", ports[0], ports), make(tmp_path / "council", ports[1], ports, "aggregator")
    add_place(site, "etabli", place(site, "etabli"), [council.config.node_actor])
    async with listening(site):
        async with listening(council):
            await relations.follow(council, f"{site.config.url}/places/etabli")
            await until(lambda: rows(council, "SELECT 1 FROM following WHERE state='accepted'"))
        for value in (1, 2, 3):
            add_report(site, "etabli", "2025", visits(value), "public")
            publish(site)
        async with listening(council):
            await until(lambda: catch_up(council) >= 0 and projected(council, VALUES) == [("3",)], 20)
    site.close()
    council.close()
