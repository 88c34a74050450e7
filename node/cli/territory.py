"""`territory load|list|remove`: layers that the operator brings, with their source and date."""

from argparse import Namespace
from pathlib import Path

from node.cli.opening import opened
from node.cli.out import NOT_FOUND, USAGE, Out, Stop
from node.layers import Told
from node.layers import load as loaded_from
from node.store import layers
from node.views.areas import area_name

_SHOWN = 20


def load(args: Namespace, out: Out) -> int:
    """Load a layer from a table, in place of the one that had its name."""
    told = Told(args.layer, args.column or "", args.code_column or "", args.title, args.source, args.date)
    if told.date and not _is_day(told.date):
        raise Stop(USAGE, [out.text("territory.date", date=told.date)])
    with opened(args, out) as node:
        try:
            loaded = loaded_from(node, Path(args.path), told)
        except OSError as error:
            raise Stop(NOT_FOUND, [out.text("error.file_missing", path=args.path)]) from error
        layer, counts = loaded.layer, loaded.counts()
        problems = [{"line": p.line, "code": p.code, "written": p.written, "detail": p.detail} for p in loaded.problems]
        about = {"layer": layer.name, "source": layer.source, "date": layer.date, "digest": layer.digest}
        out.data(
            about
            | {"communes": len(loaded.classes), "classes": counts}
            | {"mended": loaded.mended, "blank": loaded.blank, "problems": problems}
        )
        for problem in loaded.problems[:_SHOWN]:
            out.say(f"territory.{problem.code}", line=problem.line, written=problem.written, detail=problem.detail)
        if len(problems) > _SHOWN:
            out.say("territory.more", count=len(problems) - _SHOWN)
        out.say("territory.loaded", name=layer.name, count=len(loaded.classes), source=layer.source, date=layer.date)
        for value, count in counts.items():
            out.say("territory.class", value=area_name(layer.name, value, out.lang), count=count)
        if loaded.mended:
            out.say("territory.mended", count=loaded.mended)
        if loaded.blank:
            kind = "members" if counts.keys() <= {"yes", "no"} else "classes"
            out.say(f"territory.blank.{kind}", count=loaded.blank)
        out.next("territory.next", name=layer.name)
    return 0


def _is_day(text: str) -> bool:
    from vocab.errors import VocabError
    from vocab.periods import Period

    try:
        return Period.parse(text).kind != "accounting"
    except VocabError:
        return False


def list_layers(args: Namespace, out: Out) -> int:
    """Every layer with its source and date."""
    with opened(args, out) as node:
        with node.store.read() as connection:
            known = layers.all_of(connection)
            counts = {layer.name: len(layers.classes(connection, layer.name)) for layer in known}
        names = ("name", "title", "source", "date", "digest", "loaded")
        out.data([{name: getattr(layer, name) for name in names} | {"communes": counts[layer.name]} for layer in known])
        if not known:
            out.say("territory.none")
        else:
            head = [out.text("territory.head_" + word) for word in ("name", "title", "communes", "source", "date")]
            rows = [[each.name, each.title, str(counts[each.name]), each.source, each.date] for each in known]
            out.table(head, rows)
        out.next("territory.next" if known else "territory.next_load", name=known[0].name if known else "")
    return 0


def remove(args: Namespace, out: Out) -> int:
    """Forget a layer; figures stay, only the division goes."""
    with opened(args, out) as node:
        if not node.store.write(lambda connection: layers.drop(connection, args.layer)):
            raise Stop(NOT_FOUND, [out.text("territory.unknown_layer", name=args.layer)])
        out.data({"removed": args.layer})
        out.say("territory.removed", name=args.layer)
        out.next("territory.next_load")
    return 0
