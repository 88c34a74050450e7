"""`config`: every option, its value, and where that value comes from."""

import os
from argparse import Namespace

from node import config
from node.cli.out import Out
from node.errors import NoNode


def show(args: Namespace, out: Out) -> int:
    """The options of DIR as a node would read them now; secrets are masked."""
    file = args.dir / config.FILE
    if not file.exists():
        raise NoNode(args.dir)
    settings = config.settings(file, os.environ)
    out.data([_data(setting) for setting in settings])
    head = [out.text("config.head_" + word) for word in ("option", "value", "source")]
    out.table(head, [[*_names(setting), setting.source or out.text("config.default")] for setting in settings])
    out.next("config.next", file=file)
    return 0


def _names(setting: config.Setting) -> tuple[str, str]:
    return f"{setting.option.section}.{setting.option.name}", setting.shown


def _data(setting: config.Setting) -> dict[str, object]:
    name, value = _names(setting)
    return {"option": name, "value": value, "source": setting.source or "default", "variable": setting.option.variable}
