"""Asking a place to look again at its own public figures: the warnings that they raise, as sentences.

Once for each set of warnings: the same ones bring no second letter, others do.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from federation.canonical import digest, jcs
from node.campaigns import campaign as campaigns
from node.campaigns import sending, wording
from node.campaigns.campaign import Written
from node.campaigns.sending import Planned
from node.campaigns.wording import Reader, Subject
from node.context import Node
from node.messages import LANGUAGES, text
from node.views.warnings import Row, warnings
from vocab.periods import Period


def correct(node: Node, period: str) -> Written:
    """Write to each connected place whose public figures of the period raise warnings. Raises `CampaignRefused`."""
    campaign = campaigns.running(node, period)
    found = _warnings(node, period)
    asked = [reader for reader in sending.connected(node) if reader.actor in found]
    planned = [_planned(reader, found[reader.actor]) for reader in asked]
    return Written(campaign, sending.write(node, campaign, planned), len(asked))


def _planned(reader: Reader, found: Sequence[Row]) -> Planned:
    """About what is asked: the same rules and values bring no second letter."""
    asked = [[row.indicator, row.period, row.breakdown, row.code, row.params] for row in found]
    return Planned(reader, "correction", digest(jcs({"asked": asked}))[:32], partial(_words, found=found))


def _words(subject: Subject, reader: Reader, found: Sequence[Row]) -> dict[str, str]:
    points = {lang: [_point(row, lang) for row in found] for lang in LANGUAGES}
    return wording.correction(subject, reader, points)


def _point(row: Row, lang: str) -> str:
    return text(lang, "campaign.point", about=row.about(lang), sentence=row.sentence(lang))


def _warnings(node: Node, period: str) -> Mapping[str, list[Row]]:
    """What is to be looked at, by the actor that said it; a year has all that belongs to it."""
    asked, found = Period.parse(period), dict[str, list[Row]]()
    for row in warnings(node):
        if row.period == period or (asked.kind == "year" and Period.parse(row.period).year == asked.year):
            found.setdefault(row.actor, []).append(row)
    return found
