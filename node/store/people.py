"""The tables of the people who manage places here: all truth, and none of it ever leaves this node.

A secret (session, link, token) is kept as the SHA-256 of what its holder has: a stolen file opens nothing.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from node.store.schema import truth

accounts = Table(
    "accounts",
    truth,
    Column("id", Text, primary_key=True),
    Column("email", Text, unique=True, nullable=False),  # lower case
    Column("name", Text, nullable=False),
    Column("password", Text, nullable=False),  # Argon2id, PHC string (RFC 9106)
    Column("language", Text, nullable=False, default="fr"),
    Column("host", Boolean, nullable=False, default=False),
    Column("created", Text, nullable=False),
)

place_roles = Table(
    "place_roles",
    truth,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("place", Text, primary_key=True),  # short name
    Column("role", Text, nullable=False),  # owner | editor | reader
    Column("since", Text, nullable=False),
    Index("place_roles_by_place", "place"),
)

sessions = Table(
    "sessions",
    truth,
    Column("hash", Text, primary_key=True),
    Column("account", Text, ForeignKey("accounts.id"), nullable=False),
    Column("created", Text, nullable=False),
    Column("seen", Text, nullable=False),
    Column("notice", Text, nullable=False, default=""),  # JSON: what the next page says once
    Index("sessions_by_account", "account"),
)

links = Table(
    "links",
    truth,
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # invite | reset
    Column("place", Text, nullable=False, default=""),  # empty: a place still to be made
    Column("role", Text, nullable=False, default=""),
    Column("account", Text, nullable=False, default=""),  # whose password is reset
    Column("made_by", Text, nullable=False, default=""),
    Column("created", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("used", Text),
)

tokens = Table(
    "tokens",
    truth,
    Column("id", Text, primary_key=True),
    Column("hash", Text, unique=True, nullable=False),
    Column("place", Text, nullable=False),
    Column("name", Text, nullable=False),  # what the manager calls the software that has it
    Column("account", Text, nullable=False),  # who made it
    Column("created", Text, nullable=False),
    Column("used", Text),
    Column("revoked", Text),
)

audit = Table(
    "audit",
    truth,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("time", Text, nullable=False),
    Column("account", Text, nullable=False, default=""),  # empty: the command line
    Column("place", Text, nullable=False, default=""),
    Column("action", Text, nullable=False),
    Column("detail", Text, nullable=False, default="{}"),  # JSON; no secret, no figure
    Index("audit_by_place", "place", "id"),
    sqlite_autoincrement=True,
)

attempts = Table(
    "attempts",
    truth,
    Column("subject", Text, primary_key=True),  # SHA-256 of an e-mail address or of a network address
    Column("failures", Integer, nullable=False),
    Column("last", Text, nullable=False),
)

entries = Table(  # forms as they are typed, before anything is checked
    "entries",
    truth,
    Column("place", Text, primary_key=True),  # short name
    Column("form", Text, primary_key=True),  # description | report/PERIOD | post/NAME
    Column("content", Text, nullable=False),  # JSON list of [field, value]
    Column("account", Text, nullable=False),
    Column("saved", Text, nullable=False),
)

sharing_choices = Table(
    "sharing_choices",
    truth,
    Column("place", Text, primary_key=True),
    Column("theme", Text, primary_key=True),
    Column("sharing", Text, nullable=False),  # public | network | aggregate-only | private
    Column("since", Text, nullable=False),
)

quotas = Table(  # a place without a row has the defaults of the configuration
    "quotas",
    truth,
    Column("place", Text, primary_key=True),
    Column("documents", Integer),  # living at once
    Column("media_bytes", Integer),
    Column("posts_a_day", Integer),
    Column("suspended", Text),  # since when: read, but no longer changed nor published
)

media = Table(
    "media",
    truth,
    Column("id", Text, primary_key=True),  # random, also the name of the file under DIR/media
    Column("place", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("alt", Text, nullable=False),
    Column("account", Text, nullable=False, default=""),
    Column("created", Text, nullable=False),
    Index("media_by_place", "place"),
)

followed_for = Table(  # the node follows; for whom of its actors: the node's own, or those of its places
    "followed_for",
    truth,
    Column("actor", Text, primary_key=True),  # ours
    Column("target", Text, primary_key=True),  # followed, or another place of this node
    Column("since", Text, nullable=False),
)

place_blocks = Table(  # whom one place shuts out; `host_rules` are those of the whole node
    "place_blocks",
    truth,
    Column("actor", Text, primary_key=True),  # ours
    Column("blocked", Text, primary_key=True),  # an actor, or a host
    Column("since", Text, nullable=False),
)

post_sources = Table(  # a post as it was typed on a page: its Markdown, its fields
    "post_sources",
    truth,
    Column("document", Text, primary_key=True),
    Column("content", Text, nullable=False),  # JSON: fields, text, pictures
)
