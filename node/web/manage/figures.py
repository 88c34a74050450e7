"""The yearly figures: the years, the questions of one, and who may see what."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from node import standing
from node.context import Node
from node.people import entries, sharing, yearbook
from node.people.roles import Right
from node.web import desk, plain, wording
from node.web.desk import Visit
from node.web.manage import questions
from vocab import questionnaire
from vocab import sharing as levels
from vocab.errors import BadPeriod, Mistake
from vocab.model import Observation
from vocab.oddity import say
from vocab.periods import Period
from vocab.reference import themes

SLUG = "/manage/{slug:[a-z0-9_]{1,30}}"
OF_YEAR = SLUG + "/figures/{period:[12][0-9]{3}(?:-[0-9]{2}-01_P1Y)?}"
Figures = Sequence[Observation]


def period_of(visit: Visit) -> str:
    """The period of the address. Raises `HTTPNotFound`."""
    text = visit.request.match_info["period"].replace("_", "/")
    try:
        return Period.parse(text).text
    except BadPeriod:
        raise web.HTTPNotFound from None


def address(slug: str, period: str, lang: str, **query: object) -> str:
    """The address of one year of a place."""
    return plain.link(lang, f"/manage/{slug}/figures/{period.replace('/', '_')}", **query)


def show_years(visit: Visit, wrong: str = "") -> web.Response:
    """The years, and how far each is."""
    years = [
        {
            "href": address(visit.place, year.period, visit.lang),
            "text": wording.period(year.period, visit.lang),
            "year": year,
        }
        for year in yearbook.years(visit.node, visit.place)
    ]
    core = questionnaire.section(questionnaire.CORE)
    asked = len(list(core.questions())) if core else 0
    chosen = sharing.choices(visit.node, visit.place)
    return visit.page("manage/years.html", here="figures", years=years, asked=asked, chosen=chosen, wrong=wrong)


def other_year(visit: Visit) -> web.Response:
    """Go to an accounting year by its first day."""
    month = visit.form.get("from", "")
    try:
        period = Period.parse(month[:4] if month[4:] == "-01" else f"{month}-01/P1Y")
    except BadPeriod:
        return show_years(visit, plain.said(visit.lang, "figures.wrong.month"))
    return visit.go(address(visit.place, period.text, visit.lang))


def show(visit: Visit) -> web.Response:
    """The questions of a section, with what is known, or what was being typed."""
    period, asked = period_of(visit), _section(visit)
    known = yearbook.figures(visit.node, visit.place)
    kept = entries.kept(visit.node, visit.place, _form(period, asked))
    if kept is not None:
        return _page(visit, period, asked, dict(kept.pairs), kept=kept.saved)
    typed = questionnaire.typed(asked, known.get(period, ()))
    if typed:
        told = standing.objections(visit.node, visit.place, f"report/{period.replace('/', '_')}/")
        return _page(visit, period, asked, typed, [each for each in told if each.field in typed])
    _, last = yearbook.last_before(known, period)
    proposed = questionnaire.proposed(asked, last)
    return _page(visit, period, asked, proposed, proposed=frozenset(proposed))


def _section(visit: Visit) -> questionnaire.Section:
    found = questionnaire.section(visit.request.query.get("theme", questionnaire.CORE))
    if found is None:
        raise web.HTTPNotFound
    return found


def _form(period: str, asked: questionnaire.Section) -> str:
    return f"figures/{period.replace('/', '-')}-{asked.id}"


def _page(
    visit: Visit,
    period: str,
    asked: questionnaire.Section,
    typed: Mapping[str, str],
    wrong: Sequence[Mistake] = (),
    kept: str = "",
    proposed: frozenset[str] = frozenset(),
) -> web.Response:
    known = yearbook.figures(visit.node, visit.place)
    now = known.get(period, ())
    last_period, last = yearbook.last_before(known, period)
    odd = yearbook.oddities(visit.node, visit.place, {k: v for k, v in known.items() if k != period}, now)
    drawn = questions.draw(asked, typed, last, wrong, odd, proposed, visit.lang)
    answered = {figure.indicator for figure in now}
    sections = [
        {
            "id": each.id,
            "title": _title(each, visit.lang),
            "href": address(visit.place, period, visit.lang, theme="" if each.id == questionnaire.CORE else each.id),
            "answered": sum(question.field in answered for question in each.questions()),
            "asked": len(list(each.questions())),
        }
        for each in questionnaire.sections()
    ]
    values: dict[str, Any] = {
        "period": wording.period(period, visit.lang),
        "base": f"/manage/{visit.place}/figures/{period.replace('/', '_')}",
        "theme": asked.id,
        "title": _title(asked, visit.lang),
        "sections": sections,
        "groups": drawn.groups,
        "problems": drawn.problems,
        "checks": [wording.typeset(say(each, visit.lang), visit.lang) for each in odd if not each.indicator],
        "begun": wording.day(kept, visit.lang) if kept else "",
        "last_period": wording.period(last_period, visit.lang) if last_period else "",
        "proposed": bool(proposed),
        "autosave": f"/manage/{visit.place}/entries/{_form(period, asked)}",
        "may_edit": visit.allows(Right.EDIT),
        "over": yearbook.is_over(period, visit.node.clock()),
    }
    return visit.page("manage/figures.html", here="figures", **values)


def _title(asked: questionnaire.Section, lang: str) -> str:
    return plain.said(lang, "figures.core") if asked.id == questionnaire.CORE else themes()[asked.id][lang]


def save(visit: Visit) -> web.Response:
    """Take the answers of a section, or show what to mend; what was typed is never lost."""
    period, asked = period_of(visit), _section(visit)
    pairs = [(name, value) for name, value in visit.form.items() if name != "do"]
    typed = dict(pairs)
    form = _form(period, asked)
    if visit.form.get("do") == "later":
        entries.keep(visit.node, visit.place, form, pairs, visit.account.id)
        return visit.go(plain.link(visit.lang, f"/manage/{visit.place}/figures"), "figures.kept")
    figures, wrong = questionnaire.answers(asked, wording.coded(typed), period)
    known = yearbook.figures(visit.node, visit.place)
    now = questionnaire.merged(asked, known.get(period, ()), figures)
    wrong = wrong or yearbook.mistakes(known, period, now)
    if wrong:
        entries.keep(visit.node, visit.place, form, pairs, visit.account.id)
        return _page(visit, period, asked, typed, wrong)
    return _taken(visit, period, asked, now, form)


def _taken(visit: Visit, period: str, asked: questionnaire.Section, now: Figures, form: str) -> web.Response:
    yearbook.keep(visit.node, visit.place, period, now)
    entries.drop(visit.node, visit.place, form)
    if visit.allows(Right.OWN) and not sharing.choices(visit.node, visit.place):
        back = address(visit.place, period, visit.lang)
        return visit.go(plain.link(visit.lang, f"/manage/{visit.place}/sharing", next=back), "figures.saved_share")
    theme = "" if asked.id == questionnaire.CORE else asked.id
    return visit.go(address(visit.place, period, visit.lang, theme=theme), "figures.saved")


def show_sharing(visit: Visit) -> web.Response:
    """Who may see the figures of each theme."""
    chosen = sharing.choices(visit.node, visit.place)
    asked = [
        {
            "theme": theme,
            "label": labels[visit.lang],
            "level": chosen.get(theme, sharing.AS_PROPOSED),
            "proposed": _proposed(theme, visit.lang),
        }
        for theme, labels in themes().items()
        if any(theme == named for each in questionnaire.sections() for named, _ in each.groups)
    ]
    options = (sharing.AS_PROPOSED, *levels.LEVELS)
    return visit.page("manage/sharing.html", here="figures", asked=asked, options=options, first=not chosen)


def _proposed(theme: str, lang: str) -> str:
    """What is proposed for the figures of a theme, the widest first."""
    rules = {q.field for each in questionnaire.sections() for named, qs in each.groups for q in qs if named == theme}
    found = sorted({levels.proposed(name) for name in rules}, key=levels.LEVELS.index)
    return ", ".join(plain.said(lang, f"figures.level.{level}.short") for level in found)


def choose_sharing(visit: Visit) -> web.Response:
    """Keep the choice; every figure that is entered follows it, and goes out with the next publication."""
    sharing.choose(visit.node, visit.place, dict(visit.form))
    yearbook.share_again(visit.node, visit.place)
    back = visit.request.query.get("next", "")
    home = f"/manage/{visit.place}/figures"
    return visit.go(back if back.startswith(home) else plain.link(visit.lang, home), "figures.shared")


def routes(node: Node) -> list[web.RouteDef]:
    """The years, one year, who may see what."""
    return [
        *desk.routes(node, SLUG + "/figures", Right.SEE, show_years, other_year),
        *desk.routes(node, OF_YEAR, Right.SEE, show),
        *desk.routes(node, OF_YEAR, Right.EDIT, act=save),
        *desk.routes(node, SLUG + "/sharing", Right.OWN, show_sharing, choose_sharing),
    ]
