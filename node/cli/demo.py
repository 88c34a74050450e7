"""`demo`: the whole road on this machine, with six real processes; `--once` has it checked by a script of no kin."""

import signal
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from secrets import token_urlsafe
from threading import Event

from node.cli.out import REFUSED, USAGE, Out, Stop
from node.cli.road import COUNCIL, EXAMPLES, FILES, ROLES, SPARQL, TOWNS, YEAR, ask, total, walk
from node.people import accounts, roles
from node.people.roles import Role
from node.testrig import Rig, RigError

MANAGER = "claire@example.org"
CHECK = EXAMPLES / "check_demo.py"


def demo(args: Namespace, out: Out) -> int:
    """Walk the road, show what to open, then stay up until Ctrl-C; or check, and exit with the check's code."""
    if not FILES.exists():
        raise Stop(USAGE, [out.text("demo.no_files", path=FILES)])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="maillage-demo-") as folder, Rig(Path(folder), ROLES) as rig:
        try:
            walk(rig, _teller(out, started))
        except RigError as error:
            raise Stop(REFUSED, [out.text("demo.failed", detail=error)]) from error
        _show(rig, out, time.monotonic() - started)
        if args.once:
            return check(rig, out)
        _open_doors(rig, out)
        out.next("demo.next", url=rig[COUNCIL].url + "/")
        try:
            Event().wait()
        except KeyboardInterrupt:
            out.say("demo.stopping")
    return 0


def _open_doors(rig: Rig, out: Out) -> None:
    """Somebody who manages each place, with a password of this demo alone."""
    password = token_urlsafe(9)
    for slug in TOWNS:
        with rig.node(slug) as node:
            account = accounts.create(node, MANAGER, "Claire", password, host=True, language=out.lang)
            roles.give(node, account.id, slug, Role.OWNER)
    url = f"{rig[next(iter(TOWNS))].url}/manage"
    out.say("demo.manage", url=url, email=MANAGER, password=password)


def check(rig: Rig, out: Out) -> int:
    """Run the script that shares no code with us, on the standard library alone; its exit code."""
    addresses = [f"{slug}={rig[slug].url}" for slug in TOWNS]
    line = [sys.executable, "-I", "-S", str(CHECK), "--lang", out.lang, "--council", rig[COUNCIL].url, *addresses]
    sys.stdout.flush()
    done = subprocess.run(line, stdout=sys.stderr if out.as_json else None, check=False)
    out.next("demo.checked" if done.returncode == 0 else "demo.check_failed")
    return done.returncode


def _teller(out: Out, started: float) -> Callable[..., None]:
    def tell(key: str, **params: object) -> None:
        line = f"{time.monotonic() - started:5.1f} s  {out.text(key, **params)}"
        print(line, file=sys.stderr if out.as_json else sys.stdout, flush=True)

    return tell


def _show(rig: Rig, out: Out, seconds: float) -> None:
    """The pages to open, one total with its coverage, one SPARQL answer."""
    visits, answer = total(rig, "visits", YEAR), ask(rig)
    pages = {slug: f"{rig[slug].url}/places/{slug}" for slug in TOWNS}
    council = rig[COUNCIL].url
    out.data({"council": council, "places": pages, "total": visits, "sparql": answer, "seconds": round(seconds, 1)})
    out.line("")
    out.line(out.strong(out.text("demo.pages")))
    out.say("demo.page_council", url=council + "/")
    for slug, url in pages.items():
        out.line(f"  {url:<45}{TOWNS[slug]}")
    out.say("demo.page_totals", url=f"{council}/totals.json?indicator=visits&by=departement&period={YEAR}")
    out.say("demo.page_sparql", url=council + "/sparql")
    out.line("")
    out.line(out.strong(out.text("demo.total_title", period=YEAR)))
    if visits is not None and visits["value"] is not None:
        value = f"{Decimal(visits['value']):,f}".replace(",", "\u202f")
        left_out = {"n": visits["n_reporting"], "connected": visits["n_connected"], "known": visits["n_known"]}
        out.say("demo.total", value=value, percent=f"{Decimal(visits['coverage']) * 100:.0f}", **left_out)
    out.line("")
    out.line(out.strong(out.text("demo.sparql_title", period=YEAR)))
    out.line("\n".join("  | " + line for line in SPARQL.splitlines()))
    for name, events in answer:
        out.line(f"  {events:>6}  {name}")
    out.line("")
