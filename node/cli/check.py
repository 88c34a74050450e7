"""`check`: shape and plausibility of a file, without a node and without publishing anything."""

from argparse import Namespace

from node.checking import Checked, Found, check
from node.cli import files
from node.cli.out import DONE, REFUSED, Out
from node.context import utc_now
from vocab import oddity
from vocab.errors import message
from vocab.periods import Period


def check_file(args: Namespace, out: Out) -> int:
    """Exit 1 with errors, else 0, with the warnings listed."""
    period = files.period(args.period, out) if args.period else str(utc_now().year - 1)
    raw = files.raw(args.path, out)
    last = files.raw(args.last, out) if args.last else None
    found = check(raw, period, last, str(Period.parse(period).year - 1))
    out.data(_data(found, out))
    for mistake in found.errors:
        out.line(message(mistake, out.lang))
    for warning in found.warnings:
        out.line(_line(warning, out))
    out.say("check.count", count=found.count, errors=len(found.errors), warnings=len(found.warnings))
    key = "check.next_errors" if found.errors else "check.next_warnings" if found.warnings else "check.next"
    out.next(key, period=period, file=args.path)
    return REFUSED if found.errors else DONE


def _line(found: Found, out: Out) -> str:
    place = f"{found.place} · " if found.place else ""
    about, sentence = oddity.subject(found.odd, out.lang), oddity.say(found.odd, out.lang)
    return out.text("check.warning", row=found.row, place=place, about=about, sentence=sentence)


def _number(row: str) -> int | None:
    """The row as a spreadsheet counts; None for what concerns the whole file."""
    return int(row) if row.isdecimal() else None


def _data(found: Checked, out: Out) -> dict[str, object]:
    errors = [m.to_json() | {"row": _number(m.field), "message": message(m, out.lang)} for m in found.errors]
    warnings = [
        {"row": _number(each.row), "place": each.place} | oddity.told(each.odd, out.lang) for each in found.warnings
    ]
    return {"figures": found.count, "errors": errors, "warnings": warnings}
