"""The options of a node: one table, read from environment > DIR/config.toml > defaults.

`--bind` and the like are flags of the command line, and win over all three. An unknown name is refused with the
nearest known one. `MAILLAGE_SECTION__NAME_FILE` names a file that holds the value: the way of container secrets.
`url` can never change once the node is made: `node.context` checks it.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from federation.policy import host_name
from node.errors import ConfigError

FILE = "config.toml"
DEFAULT_BIND = "127.0.0.1:8080"
_PREFIX = "MAILLAGE_"
_TWIN = "_FILE"
ROLES = ("site", "aggregator")
LOG_FORMATS = ("text", "json")
_LOOPBACK = ("127.0.0.1", "[::1]", "localhost")


@dataclass(frozen=True, slots=True)
class Option:
    """One option: where it stands in the file, how it is read; its help is the text `config.help.<field>`."""

    section: str
    name: str
    field: str
    read: Callable[[Any], Any]
    default: Any = None
    secret: bool = False

    @property
    def variable(self) -> str:
        return f"{_PREFIX}{self.section}__{self.name}".upper()


@dataclass(frozen=True, slots=True)
class Setting:
    """An option as it stands: `source` is a file, a variable, another option, or empty for the default."""

    option: Option
    value: Any
    source: str

    @property
    def shown(self) -> str:
        """As one line for a person: a secret is never written, and what is unset is nothing."""
        if self.option.secret and self.value:
            return "***"
        if isinstance(self.value, tuple | frozenset):
            return ", ".join(sorted(self.value))
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value or "")


@dataclass(frozen=True, slots=True)
class Config:
    """What a node was told. IRIs that follow from the address are given here and nowhere else."""

    url: str
    roles: tuple[str, ...]
    name: str
    bind: str
    loopback_peers: frozenset[str]
    block: frozenset[str]
    allow: frozenset[str]
    allow_list: bool
    rate: int
    burst: int
    place_documents: int
    place_megabytes: int
    place_posts: int
    license: str
    backup_to: str
    backup_keep: int
    log_format: str
    metrics_token: str

    @property
    def authority(self) -> str:
        """`host` or `host:port`: the right part of our handles, and the Host that we answer to."""
        return urlsplit(self.url).netloc

    @property
    def node_actor(self) -> str:
        return self.url + "/actor"

    def actor(self, slug: str) -> str:
        """The actor of a place; the slug `actor` is the node's own."""
        return self.node_actor if slug == "actor" else f"{self.url}/places/{slug}"

    def place(self, slug: str) -> str:
        return f"{self.url}/places/{slug}#place"

    def is_aggregator(self) -> bool:
        return "aggregator" in self.roles

    def hears_listed_only(self) -> bool:
        """A list in the configuration restricts as soon as it names somebody; one made by hand, once switched on."""
        return self.allow_list or bool(self.allow)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.strip()


def _texts(value: Any) -> tuple[str, ...]:
    items = value.split(",") if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise TypeError
    return tuple(item.strip() for item in items if item.strip())


def _set(value: Any) -> frozenset[str]:
    return frozenset(item.lower() for item in _texts(value))


def _hosts(value: Any) -> frozenset[str]:
    names = [host_name(item) for item in _texts(value)]
    if None in names:
        raise ValueError
    return frozenset(name for name in names if name)


def _flag(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise TypeError
    return value


def _positive(value: Any) -> int:
    number = int(value) if isinstance(value, str) else value
    if type(number) is not int or number < 1:
        raise ValueError
    return number


def _loopback(value: Any) -> frozenset[str]:
    peers = _set(value)
    for peer in peers:
        host, _, port = peer.rpartition(":")
        if host not in _LOOPBACK or not port.isdigit():
            raise ValueError
    return peers


def _roles(value: Any) -> tuple[str, ...]:
    roles = tuple(dict.fromkeys(_texts(value)))
    if not roles or not set(roles) <= set(ROLES):
        raise ValueError
    return roles


def _format(value: Any) -> str:
    if value not in LOG_FORMATS:
        raise ValueError
    return str(value)


def address(value: Any) -> str:
    """`https://host`, or `http://` on loopback; no path, no query, no user; lower case, no final slash."""
    parts = urlsplit(_text(value).rstrip("/"))
    host = parts.netloc.lower()
    loopback = parts.scheme == "http" and host.rpartition(":")[0] in _LOOPBACK
    bare = not (parts.path or parts.query or parts.fragment or "@" in host)
    if not host or not bare or not (parts.scheme == "https" or loopback):
        raise ValueError
    return f"{parts.scheme}://{host}"


OPTIONS: tuple[Option, ...] = (
    Option("node", "url", "url", address),
    Option("node", "roles", "roles", _roles),
    Option("node", "name", "name", _text, ""),
    Option("node", "license", "license", _text, "https://spdx.org/licenses/etalab-2.0"),
    Option("http", "bind", "bind", _text, DEFAULT_BIND),
    Option("federation", "loopback_peers", "loopback_peers", _loopback, ()),
    Option("federation", "block", "block", _hosts, ()),
    Option("federation", "allow", "allow", _hosts, ()),
    Option("federation", "allow_list", "allow_list", _flag, False),
    Option("federation", "rate", "rate", _positive, 50),
    Option("federation", "burst", "burst", _positive, 5_000),
    Option("hosting", "documents", "place_documents", _positive, 2_000),
    Option("hosting", "media_megabytes", "place_megabytes", _positive, 200),
    Option("hosting", "posts_a_day", "place_posts", _positive, 50),
    Option("backup", "to", "backup_to", _text, "backups"),
    Option("backup", "keep", "backup_keep", _positive, 7),
    Option("log", "format", "log_format", _format, "text"),
    Option("metrics", "token", "metrics_token", _text, "", secret=True),
)
_BY_NAME = {f"{option.section}.{option.name}": option for option in OPTIONS}
_BY_VARIABLE = {option.variable: option for option in OPTIONS}


def _known(name: str, table: Mapping[str, Option]) -> Option:
    if name in table:
        return table[name]
    near = get_close_matches(name, list(table), n=1)
    raise ConfigError("config.unknown", name=name, near=near[0] if near else ", ".join(sorted(table)))


def _read(option: Option, value: Any, name: str) -> Any:
    try:
        return option.read(value)
    except (ValueError, TypeError, AttributeError):
        shown = "***" if option.secret else value
        raise ConfigError("config.value", name=name, value=shown, help=f"config.help.{option.field}") from None


def _from_file(path: Path) -> Iterator[Setting]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("config.syntax", file=path, detail=error) from None
    for section, content in data.items():
        items = content.items() if isinstance(content, dict) else [("", content)]
        for name, value in items:
            option = _known(f"{section}.{name}" if name else section, _BY_NAME)
            yield Setting(option, _read(option, value, f"{section}.{name}"), str(path))


def _from_environment(environ: Mapping[str, str]) -> Iterator[Setting]:
    for variable, value in environ.items():
        if not (variable.startswith(_PREFIX) and "__" in variable):
            continue
        if variable.endswith(_TWIN):
            option = _known(variable.removesuffix(_TWIN), _BY_VARIABLE)
            yield Setting(option, _read(option, _held(variable, value), variable), variable)
        else:
            option = _known(variable, _BY_VARIABLE)
            yield Setting(option, _read(option, value, variable), variable)


def _held(variable: str, path: str) -> str:
    """What the file that a variable names holds, without its last newline."""
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("config.file", name=variable, file=path, detail=error) from None


def settings(path: Path, environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """Every option in the order of the table, with where its value comes from; raises `ConfigError`."""
    found = {option.field: Setting(option, _default(option), "") for option in OPTIONS}
    for setting in (*_from_file(path), *_from_environment(environ)):
        found[setting.option.field] = setting
    for setting in found.values():
        if setting.value is None:
            raise ConfigError("config.missing", name=f"{setting.option.section}.{setting.option.name}")
    url, bind = found["url"].value, found["bind"]
    if not bind.source and url.startswith("http:"):  # of this machine only: nobody answers in its place
        found["bind"] = Setting(bind.option, urlsplit(url).netloc, "node.url")
    return tuple(found.values())


def _default(option: Option) -> Any:
    return frozenset() if option.default == () else option.default


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The options of a node; raises `ConfigError`."""
    values = {setting.option.field: setting.value for setting in settings(path, environ)}
    values["name"] = values["name"] or urlsplit(values["url"]).netloc
    return Config(**values)


def first(url: str, roles: tuple[str, ...], name: str) -> dict[str, Any]:
    """The options chosen at `init`, checked; raises `ConfigError`."""
    url_option, roles_option = _BY_NAME["node.url"], _BY_NAME["node.roles"]
    return {
        "url": _read(url_option, url, "url"),
        "roles": _read(roles_option, list(roles), "role"),
        "name": name.strip(),
    }


def written(chosen: Mapping[str, Any]) -> str:
    """The text of a new `config.toml` (JSON strings and lists are TOML too)."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in chosen.items()]
    return "[node]\n" + "\n".join(lines) + "\n"
