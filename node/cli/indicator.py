"""`indicator list` and `indicator show`: the codebook at a terminal; it needs no node."""

from argparse import Namespace
from dataclasses import asdict
from difflib import get_close_matches

from node.cli.out import NOT_FOUND, Out, Stop
from vocab import rules
from vocab.reference import Indicator, dimensions, indicators, themes
from vocab.sharing import proposed


def known(name: str, out: Out) -> Indicator:
    """The indicator of that name; stops with the nearest one where there is none."""
    if name in indicators():
        return indicators()[name]
    near = _nearest(name, list(indicators()), out)
    raise Stop(NOT_FOUND, [out.text("error.indicator_unknown", indicator=name, near=near)])


def _nearest(name: str, names: list[str], out: Out) -> str:
    near = get_close_matches(name, names, n=1)
    return out.text("error.indicator_near", near=near[0]) if near else ""


def _theme(name: str, out: Out) -> str:
    if name in themes():
        return name
    near = _nearest(name, list(themes()), out)
    raise Stop(NOT_FOUND, [out.text("error.theme_unknown", theme=name, known=", ".join(themes()), near=near)])


def list_all(args: Namespace, out: Out) -> int:
    """Every indicator by theme; `--theme` and `--tier` keep some."""
    wanted = [_theme(args.theme, out)] if args.theme else list(themes())
    found = [r for r in indicators().values() if r.theme in wanted and args.tier in (None, r.tier)]
    out.data([_data(rule) for rule in found])
    for theme in wanted:
        rows = [[r.id, r.label[out.lang], rules.unit(r, out.lang), r.tier] for r in found if r.theme == theme]
        if rows and not out.as_json:
            out.line(out.strong(f"{themes()[theme][out.lang]} ({theme})"))
            out.table([out.text("indicator.head_" + key) for key in ("id", "label", "unit", "tier")], rows)
            out.line("")
    out.say("indicator.count", count=len(found))
    out.next("indicator.next_show", id=found[0].id if found else "visits")
    return 0


def _data(rule: Indicator) -> dict[str, object]:
    said = asdict(rule) | {"scale": None if rule.scale is None else str(rule.scale)}
    texts = {lang: rules.sentence(rule, lang) for lang in ("fr", "en")}
    made = {"made_of": rules.made_of(rule), "used_in": rules.used_in(rule)}
    return said | made | {"sharing": proposed(rule.id), "rule": texts}


def show(args: Namespace, out: Out) -> int:
    """One indicator: what is asked, its rule in words, its code lists, and what it is made of."""
    rule = known(args.id, out)
    found = [dimensions()[name] for name in rule.dimensions]
    codes = {d.id: {"label": d.label, "partition": d.partition, "open": d.open, "codes": _codes(d.id)} for d in found}
    out.data(_data(rule) | {"dimensions": codes})
    out.line(out.strong(f"{rule.label[out.lang]} · {rule.id}"))
    for name, text in rules.facts(rule, out.lang):
        out.line(f"{rules.say(out.lang, 'name.' + name).capitalize()}{rules.say(out.lang, 'colon')}{text}")
    for each in found:
        out.line("")
        out.line(f"{each.label[out.lang].capitalize()} ({each.id}). {rules.breakdown(each, out.lang)}")
        parts = ", ".join(f"{code.label[out.lang]} ({code.code})" for code in each.codes.values())
        out.line("  " + (parts or rules.say(out.lang, "open")))
    out.next("indicator.next_totals", id=rule.id)
    return 0


def _codes(dimension: str) -> list[dict[str, object]]:
    return [{"code": c.code, "label": c.label} for c in dimensions()[dimension].codes.values()]
