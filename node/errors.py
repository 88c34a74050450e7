"""What can stop a command of this node, each with its evidence and a text safe to show.

    NodeError
    ├── ConfigError        an option is missing, unknown or wrong
    ├── NoNode             the folder holds no node
    ├── NodeExists         the folder already holds one
    ├── UrlChanged         the address in the configuration is not the one the node was made with
    ├── MigrationFailed    the tables could not be brought up to date
    ├── NodeServed         its tables are to be changed, and it runs
    ├── BadSlug            a short name that no place can have
    ├── SlugTaken          a short name that was used before, and is never used again
    ├── PlaceUnknown       no such place on this node
    ├── PostUnknown        no such post on this node
    ├── PostAmbiguous      a name that several posts have
    ├── RecoveryRefused    the recovery key is mistyped, another one, or was never made
    ├── BackupRefused      a copy cannot be read or is damaged, or a node is already there
    ├── DocumentGone       a document that was deleted: its id never serves again
    ├── CampaignRefused    a campaign that cannot be opened, or that is not open
    ├── AccountRefused     an account that cannot be made or changed so (`node.people.accounts`)
    ├── LastOwner          a place would have nobody left who decides (`node.people.roles`)
    ├── LastHost           nobody would be left to look after the node (`node.people.roles`)
    ├── Closed             a place that says nothing new: suspended, or moved away (`node.people.quotas`)
    ├── QuotaReached       a place takes up all that it may (`node.people.quotas`)
    └── Invalid            a document we were about to sign is not valid: nothing was written

Bad remote data is never raised: it is a returned `federation.errors.Refused`.
"""

from collections.abc import Sequence

from node.messages import text


class NodeError(Exception):
    """A command cannot be done; nothing was written. `code` is stable, `exit` is the command's exit code."""

    code = "node"
    exit = 1

    def __init__(self, **params: object) -> None:
        super().__init__(f"{self.code}: {params}")
        self.params = params

    def text(self, lang: str) -> str:
        """One line for a person."""
        return text(lang, "node." + self.code, **self.params)

    def lines(self, lang: str) -> Sequence[str]:
        """One line a mistake."""
        return (self.text(lang),)


class ConfigError(NodeError):
    """An option is wrong; `code` says how: config.unknown, config.missing, config.value, config.syntax."""

    exit = 2

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        super().__init__(**params)


class NoNode(NodeError):
    code = "no_node"
    exit = 4

    def __init__(self, directory: object) -> None:
        super().__init__(dir=directory)


class NodeExists(NodeError):
    code = "node_exists"

    def __init__(self, directory: object) -> None:
        super().__init__(dir=directory)


class UrlChanged(NodeError):
    code = "url_changed"
    exit = 2

    def __init__(self, made: str, now: str) -> None:
        super().__init__(made=made, now=now)


class MigrationFailed(NodeError):
    code = "migration_failed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail=detail)


class NodeServed(NodeError):
    code = "node_served"

    def __init__(self, directory: object) -> None:
        super().__init__(dir=directory)


class BadSlug(NodeError):
    code = "bad_slug"

    def __init__(self, slug: str) -> None:
        super().__init__(slug=slug)


class SlugTaken(NodeError):
    code = "slug_taken"

    def __init__(self, slug: str) -> None:
        super().__init__(slug=slug)


class PlaceUnknown(NodeError):
    code = "place_unknown"
    exit = 4

    def __init__(self, slug: str) -> None:
        super().__init__(slug=slug)


class PostUnknown(NodeError):
    code = "post_unknown"
    exit = 4

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class PostAmbiguous(NodeError):
    code = "post_ambiguous"
    exit = 2

    def __init__(self, name: str, ids: Sequence[str]) -> None:
        super().__init__(name=name, ids=", ".join(ids))


class RecoveryRefused(NodeError):
    """`code` says why: recovery_line, recovery_signs, recovery_wrong, recovery_none, recovery_since."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        super().__init__(**params)


class BackupRefused(NodeError):
    """`code` says why: backup_live, backup_unreadable, backup_damaged, backup_newer. Nothing was written."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        super().__init__(**params)


_CAMPAIGN_EXITS = {
    "campaign_period": 2,
    "campaign_period_future": 2,
    "campaign_date": 2,
    "campaign_date_past": 2,
    "campaign_unknown": 4,
    "campaign_place": 4,
    "campaign_closed": 1,
    "campaign_answered": 1,
}


class CampaignRefused(NodeError):
    """`code` says why, and the exit code follows from it."""

    def __init__(self, code: str, **params: object) -> None:
        self.code = code
        self.exit = _CAMPAIGN_EXITS[code]
        super().__init__(**params)


class DocumentGone(NodeError):
    code = "document_gone"

    def __init__(self, document: str) -> None:
        super().__init__(document=document)


class Invalid(NodeError):
    """`mistakes` are `vocab.errors.Mistake`s."""

    code = "invalid"

    def __init__(self, document: str, mistakes: Sequence[object]) -> None:
        super().__init__(document=document)
        self.mistakes = tuple(mistakes)

    def lines(self, lang: str) -> Sequence[str]:
        from vocab.errors import Mistake, message

        return [self.text(lang), *(message(m, lang) for m in self.mistakes if isinstance(m, Mistake))]
