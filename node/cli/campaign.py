"""`campaign open|close|remind|correct|show`: asking every connected place for its figures, and how far it is."""

from argparse import Namespace

from node.campaigns import campaign as campaigns
from node.campaigns import corrections
from node.campaigns.campaign import Written
from node.campaigns.dates import asked_period, today
from node.cli.opening import opened
from node.cli.out import NOT_FOUND, Out, Stop
from node.context import Node
from node.project import catch_up
from node.views import campaign as views
from node.views.campaign import Area, Campaign, Progress
from node.web import wording
from vocab import territory


def open_(args: Namespace, out: Out) -> int:
    """Open a campaign, or change its last day; write to each place that was not written to."""
    with opened(args, out, role="aggregator") as node:
        catch_up(node)
        done = campaigns.open_(node, args.period, args.until, args.dry_run)
        out.data(_data(done) | {"dry_run": args.dry_run})
        _dates(done.campaign, out)
        out.say("campaign.would_write" if args.dry_run else "campaign.written", n=done.written, of=done.connected)
        out.next("campaign.next_really" if args.dry_run else "campaign.next_serve", period=args.period)
    return 0


def _data(done: Written) -> dict[str, object]:
    about = {"period": done.campaign.period, "until": done.campaign.until, "opened": done.campaign.opened}
    return about | {"closed": done.campaign.closed or None, "written": done.written, "connected": done.connected}


def _dates(campaign: Campaign, out: Out) -> None:
    names = {"period": wording.period(campaign.period, out.lang), "until": wording.day(campaign.until, out.lang)}
    out.say("campaign.dates", **names)


def close(args: Namespace, out: Out) -> int:
    """Nothing more is written for it."""
    with opened(args, out, role="aggregator") as node:
        done = campaigns.close(node, args.period)
        out.data({"period": done.period, "until": done.until, "opened": done.opened, "closed": done.closed})
        out.say("campaign.ended", period=wording.period(done.period, out.lang))
        out.next("campaign.next_totals", period=done.period)
    return 0


def remind(args: Namespace, out: Out) -> int:
    """Write to the places that have not answered, or to one of them."""
    with opened(args, out, role="aggregator") as node:
        catch_up(node)
        done = campaigns.remind(node, args.period, args.to)
        out.data(_data(done) | {"late": done.connected})
        out.say("campaign.reminded", n=done.written, of=done.connected)
        out.next("campaign.next_serve", period=args.period)
    return 0


def correct(args: Namespace, out: Out) -> int:
    """Write to each place whose public figures are to be looked at again."""
    with opened(args, out, role="aggregator") as node:
        catch_up(node)
        done = corrections.correct(node, args.period)
        out.data(_data(done) | {"with_warnings": done.connected})
        out.say("campaign.corrected", n=done.written, of=done.connected)
        out.next("campaign.next_serve", period=args.period)
    return 0


def show(args: Namespace, out: Out) -> int:
    """Every campaign, or how far one is and who has not answered."""
    with opened(args, out, role="aggregator") as node:
        catch_up(node)
        known = views.all_of(node)
        if args.period:
            asked = asked_period(node, args.period)
            known = tuple(each for each in known if each.period == asked)
            if not known:
                raise Stop(NOT_FOUND, [out.text("node.campaign_unknown", period=args.period)])
        found = [(each, views.progress(node, each.period)) for each in known]
        out.data([_progress_data(node, *each) for each in found])
        for campaign, progress in found:
            _dates(campaign, out)
            _progress(progress, out)
        if not found:
            out.say("campaign.none")
            out.next("campaign.next_open")
        else:
            late = next((each.period for each, progress in found if progress.late and not each.closed), "")
            out.next("campaign.next_remind" if late else "campaign.next_totals", period=late or found[0][0].period)
    return 0


def _progress_data(node: Node, campaign: Campaign, progress: Progress) -> dict[str, object]:
    about = {"period": campaign.period, "until": campaign.until, "opened": campaign.opened}
    late = [{"actor": each.actor, "name": each.name, "departement": each.departement} for each in progress.late]
    return about | {
        "closed": campaign.closed or None,
        "days_left": campaign.days_left(today(node)),
        "whole": progress.whole.to_json(),
        "areas": [area.to_json() for area in progress.areas],
        "days": [{"day": day, "answered": n} for day, n in progress.days],
        "late": late,
    }


def _progress(progress: Progress, out: Out) -> None:
    head = [out.text("campaign.head_" + key) for key in ("area", "code", "answered", "connected", "known")]
    out.table(head, [_row(area, out.lang) for area in (progress.whole, *progress.areas)])
    if progress.late:
        out.line("")
        out.say("campaign.late", n=len(progress.late))
        out.table(
            [out.text("campaign.head_" + key) for key in ("name", "code", "actor")],
            [[each.name, each.departement, each.actor] for each in progress.late],
        )


def _row(area: Area, lang: str) -> list[str]:
    name = territory.name_of(area.level, area.code, lang)
    return [name, area.code, *(str(n) for n in (area.answered, area.connected, area.known))]
