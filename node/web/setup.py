"""The first run: a folder without a node is served as three screens, opened by a link that the terminal shows once.

Answers stay in the memory of this process, so that the screens need no script; nothing is written before the last one.
"""

import asyncio
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from node.api.accept import language
from node.api.authenticator import Authenticator, authenticated
from node.api.health import alive
from node.app import runner_of
from node.people import beginning, secret, sessions, welcome
from node.people import password as passwords
from node.people.beginning import Begun
from node.web import desk, plain
from node.web.routes import communes_like, static_file
from vocab import communes
from vocab.reference import scheme

_PATH = "/setup/{token:[A-Za-z0-9_-]{43}}"
LABELS = {"person": "manage.name", "email": "manage.email", "password": "manage.password"}
_LAST = tuple(welcome.SCREENS)[-1]


@dataclass(slots=True)
class Setup:
    """What has been answered so far, and by whom it may be asked."""

    directory: Path
    environ: Mapping[str, str]
    token: str = field(default_factory=secret.made)
    answers: dict[str, Sequence[str]] = field(default_factory=dict)
    begun: Begun | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> web.Application:
        """The three screens, the stylesheets, and a page that says to look in the terminal."""
        app = web.Application(client_max_size=200_000)
        app.add_routes(
            [
                web.get(_PATH, self.show),
                web.post(_PATH, self.act),
                web.get("/healthz", alive),
                web.get("/setup/communes.json", communes_like),
                web.get("/static/{name}", static_file),
                web.get("/{any:.*}", self.elsewhere),
            ]
        )
        return app

    async def elsewhere(self, request: web.Request) -> web.Response:
        """Any other address."""
        return _page(request, "setup/elsewhere.html", 200 if request.path == "/" else 404)

    async def show(self, request: web.Request) -> web.Response:
        """One screen, or the first."""
        if not self._opens(request):
            return await self.elsewhere(request)
        wanted = request.query.get("screen", "place")
        return self._screen(request, wanted if wanted in welcome.SCREENS else "place")

    def _opens(self, request: web.Request) -> bool:
        return self.begun is None and hmac.compare_digest(request.match_info["token"], self.token)

    def _screen(self, request: web.Request, screen: str, **problems: str) -> web.Response:
        lang = language(request)
        number = list(welcome.SCREENS).index(screen)
        values = dict.fromkeys(sum(welcome.SCREENS.values(), ()), "")
        values |= {name: welcome.first(self.answers, name) for name in self.answers if name != "password"}
        values["url"] = values["url"] or beginning.suggested_url(self.environ, _asked_as(request))
        values["slug"] = values["slug"] or welcome.slug_of(values["name"])
        about: dict[str, Any] = {
            "screen": screen,
            "screens": list(welcome.SCREENS),
            "before": list(welcome.SCREENS)[number - 1] if number else "",
            "v": values,
            "chosen": self.answers.get("typology", ()),
            "typologies": typologies(lang),
            "offered": [communes.label(each) for each in communes.like(values["commune"])],
            "least": passwords.SHORTEST,
            "p": problems,
            "labels": {name: plain.said(lang, LABELS.get(name, "setup." + name)) for name in problems},
        }
        return _page(request, "setup/screen.html", **about)

    @authenticated(by=Authenticator.TOKEN)
    async def act(self, request: web.Request) -> web.Response:
        """Take a screen: the next one, this one with what to mend, or, after the last, the node."""
        if not self._opens(request):
            return await self.elsewhere(request)
        form = await request.post()
        screen = str(form.get("screen", "place"))
        if not desk.is_ours(request) or screen not in welcome.SCREENS:
            return await self.elsewhere(request)
        for name in welcome.SCREENS[screen]:
            self.answers[name] = [str(value) for value in form.getall(name, [])]
        lang = language(request)
        for each in welcome.SCREENS:
            problems = welcome.said(_wrong(each, self.answers), lang)
            if problems:
                return self._screen(request, each, **problems)
            if each == screen:
                break
        if screen != _LAST:
            order = list(welcome.SCREENS)
            following = order[order.index(screen) + 1]
            return _see(plain.link(lang, request.path, screen=following))
        return await self._begin(request, lang)

    async def _begin(self, request: web.Request, lang: str) -> web.Response:
        """Make the node, once; the sheet is shown this once too."""
        self.begun = Begun()
        try:
            self.begun = await asyncio.to_thread(beginning.begin, self.directory, self.answers, self.environ, lang)
        except BaseException:
            self.begun = None
            raise
        joined = await beginning.join(self.begun.opened, self.begun.slug, welcome.first(self.answers, "network"), lang)
        self.answers.clear()
        begun = self.begun
        values: dict[str, Any] = {"begun": begun, "joined": joined, "home": plain.link(lang, f"/manage/{begun.slug}")}
        response = _page(request, "setup/done.html", **values)
        age = int(sessions.LONGEST.total_seconds())
        cookie = sessions.begin(begun.opened, begun.account)
        response.set_cookie(sessions.COOKIE, cookie, path="/", secure=True, httponly=True, samesite="Lax", max_age=age)
        self.done.set()
        return response


def _wrong(screen: str, answers: welcome.Answers) -> dict[str, welcome.Wrong]:
    if screen == "place":
        return welcome.wrong_with_place(answers)
    if screen == "you":
        return welcome.wrong_with_address(answers) | welcome.wrong_with_account(answers)
    return {}


def typologies(lang: str) -> list[tuple[str, str]]:
    """The families of places, as choices."""
    return [(code, concept.label[lang]) for code, concept in scheme("typology").codes.items()]


def _asked_as(request: web.Request) -> str:
    """The address under which the browser came, when it can be that of a node."""
    scheme_said = request.headers.get("X-Forwarded-Proto", request.scheme)
    return f"{scheme_said}://{request.host}" if urlsplit(f"//{request.host}").hostname else ""


def _see(path: str) -> web.Response:
    return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def _page(request: web.Request, template: str, status: int = 200, **values: Any) -> web.Response:
    lang = language(request)
    shared = {"site": "Maillage", "aggregator": False}
    html = plain.rendered(template, lang, request.query, **shared, **values)
    headers = desk.HEADERS | {"Content-Language": lang}
    return web.Response(text=html, status=status, content_type="text/html", headers=headers)


def run(setup: Setup, host: str, port: int, ready: Callable[[str], None]) -> Begun | None:
    """Serve the screens until the node is made; None when stopped before. Raises `OSError`: the address is taken."""
    return asyncio.run(_run(setup, host, port, ready))


async def _run(setup: Setup, host: str, port: int, ready: Callable[[str], None]) -> Begun | None:
    import signal

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = runner_of(setup.app())
    await runner.setup()
    waits = [asyncio.ensure_future(each.wait()) for each in (stop, setup.done)]
    try:
        await web.TCPSite(runner, host, port).start()
        ready(f"/setup/{setup.token}")
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()
        await runner.cleanup()
    return setup.begun if setup.done.is_set() else None
