"""The tables that hold the truth (`maillage.sqlite`) and those that can be rebuilt (`cache/*.sqlite`).

Times are UTC RFC 3339 text with a `Z`; digests are lower-case hex SHA-256 of JCS bytes (RFC 8785);
figures are canonical decimal text, never floats.
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

truth = MetaData()

meta = Table("meta", truth, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

actors = Table(
    "actors",
    truth,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),  # node | place
    Column("slug", Text, unique=True, nullable=False),  # the node actor's is "actor"
    Column("created", Text, nullable=False),
    Column("deleted", Text),
    Column("name", Text, nullable=False),
    Column("epoch", Integer, nullable=False, default=1),
    Column("seq", Integer, nullable=False, default=0),  # last actor sequence number given
    Column("accept", Text, nullable=False, default="[]"),  # JSON list of handles and IRIs accepted at once
    Column("also_known_as", Text, nullable=False, default="[]"),  # JSON list: the actors that it was before it moved
    Column("moved", Text),  # the actor that it is now, elsewhere
)

drafts = Table(
    "drafts",
    truth,
    Column("actor", Text, ForeignKey("actors.id"), primary_key=True),
    Column("name", Text, primary_key=True),  # "description" or "report/PERIOD/SHARING"
    Column("content", Text, nullable=False),  # JSON: the input as read and checked
    Column("updated", Text, nullable=False),
    Column("removed", Boolean, nullable=False, default=False),  # to be withdrawn by the next publish
    Column("document", Text),  # the document id it was published as
    Column("digest", Text),  # SHA-256 of the content last published; null: never published
)

documents = Table(
    "documents",
    truth,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),  # attributedTo, as it was when first stored
    Column("type", Text, nullable=False),  # Description | Report | Listing | Article | ...
    Column("version", Integer, nullable=False),
    Column("sharing", Text, nullable=False),  # public | network | aggregate-only
    Column("digest", Text, nullable=False),
    Column("seq", Integer, nullable=False),  # the journal row that holds its bytes
    Column("published", Text, nullable=False),
    Column("updated", Text, nullable=False),
    Column("deleted", Text),  # a tombstone when set
    Column("own", Boolean, nullable=False),
    Index("documents_by_owner", "owner", "type"),
)

journal = Table(
    "journal",
    truth,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("direction", Text, nullable=False),  # in | out
    Column("time", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("activity", Text, nullable=False),  # the activity's id
    Column("type", Text, nullable=False),  # Create | Update | Delete | Follow | Accept | ...
    Column("object", Text),  # id of its object
    Column("object_type", Text),  # Description | Report | Listing | Follow | ...
    Column("version", Integer),
    Column("sharing", Text),
    Column("digest", Text),  # SHA-256 of the document's JCS bytes
    Column("actor_seq", Integer),
    Column("audience", Text),  # public | network | the IRI of one named aggregator
    Column("audience_n", Integer),
    Column("audience_prev", Text),
    Column("salt", Text),  # base64url, 32 bytes
    Column("epoch", Integer),
    Column("verified", Text, nullable=False),  # own | cavage | rfc9421 | proof | gone | withheld
    Column("key", Text),  # id of the key that proved it
    Column("verdict", Text, nullable=False),  # current | stale | equivocation | tombstone | withdrawn | effect | none
    UniqueConstraint("actor", "activity", name="journal_once"),
    Index("journal_by_object", "object"),
    sqlite_autoincrement=True,
)

blobs = Table(
    "blobs",
    truth,
    Column("seq", Integer, ForeignKey("journal.seq"), primary_key=True),
    Column("kind", Text, primary_key=True),  # activity | document
    Column("bytes", LargeBinary),  # null once erased
)

streams = Table(
    "streams",
    truth,
    Column("actor", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("prev", Text),
)

followers = Table(
    "followers",
    truth,
    Column("actor", Text, primary_key=True),  # ours
    Column("follower", Text, primary_key=True),
    Column("state", Text, nullable=False),  # pending | accepted | rejected
    Column("follow", Text, nullable=False),  # id of the Follow activity
    Column("since", Text, nullable=False),
)

following = Table(
    "following",
    truth,
    Column("actor", Text, primary_key=True),  # ours
    Column("target", Text, primary_key=True),
    Column("state", Text, nullable=False),  # requested | accepted | rejected | ended
    Column("follow", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("harvested", Text),
    Column("cursor", Text),  # where its feed of changes was read up to
    Column("behind", Boolean, nullable=False, default=False),  # an activity is missing: to be read again soon
    Column("vanished", Integer, nullable=False, default=0),  # documents gone at once, kept until an operator agrees
)

grants = Table(
    "grants",
    truth,
    Column("actor", Text, primary_key=True),  # the place, ours
    Column("grantee", Text, primary_key=True),
    Column("level", Text, nullable=False),  # network | aggregate-only
    Column("since", Text, nullable=False),
)

grant_periods = Table(  # kept by triggers on `grants`: who could see what, from which place in the journal to which
    "grant_periods",
    truth,
    Column("actor", Text, nullable=False),
    Column("grantee", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("begun", Integer, nullable=False),  # a number that no row of the journal takes
    Column("ended", Integer),
    Index("grant_periods_by_grantee", "actor", "grantee"),
)

peers = Table(
    "peers",
    truth,
    Column("actor", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("handle", Text),
    Column("name", Text),
    Column("inbox", Text),
    Column("shared_inbox", Text),
    Column("implements", Boolean, nullable=False, default=False),  # its application actor speaks our vocabulary
    Column("fetched", Text, nullable=False),
    Column("gone", Text),
    Column("missing", Text),  # when its address first answered 410; gone after a second look, a day later
    Column("moved", Text),  # the actor it moved to, once both said so
)

peer_keys = Table(
    "peer_keys",
    truth,
    Column("id", Text, primary_key=True),
    Column("digest", Text, primary_key=True),  # SHA-256 of the public key's bytes: a changed key is a new row
    Column("owner", Text, nullable=False),
    Column("kind", Text, nullable=False),  # rsa | ed25519 | recovery
    Column("public", Text, nullable=False),  # PEM or multibase, as published
    Column("first_seen", Text, nullable=False),
    Column("last_seen", Text, nullable=False),
    Column("expires", Text),  # when another took its place, or when its owner was seen not to list it any more
    Column("revoked", Text),  # from when its owner says that somebody else may have it; never taken back
    Index("peer_keys_by_owner", "owner"),
)

actor_keys = Table(
    "actor_keys",
    truth,
    Column("id", Text, primary_key=True),
    Column("actor", Text, nullable=False),  # ours
    Column("kind", Text, nullable=False),  # rsa | ed25519 | recovery
    Column("public", Text, nullable=False),  # PEM or multibase, as published
    Column("created", Text, nullable=False),
    Column("expires", Text),  # when another key took its place: what it signed before stays proved
    Column("revoked", Text),  # from when nothing it signed is to be believed
    Column("entry", Text),  # JSON: what is said of it, with the proof of the recovery key
)

host_rules = Table(
    "host_rules",
    truth,
    Column("host", Text, primary_key=True),
    Column("rule", Text, nullable=False),  # block | allow
    Column("since", Text, nullable=False),
    Column("comment", Text, nullable=False, default=""),
)

moves = Table(
    "moves",
    truth,
    Column("actor", Text, primary_key=True),
    Column("target", Text, primary_key=True),
    Column("state", Text, nullable=False),  # asked | confirmed | refused
    Column("since", Text, nullable=False),
    Column("seq", Integer, nullable=False),  # the journal row that said it
)

deliveries = Table(
    "deliveries",
    truth,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("seq", Integer, ForeignKey("journal.seq"), nullable=False),
    Column("signer", Text, nullable=False),  # our actor
    Column("recipient", Text, nullable=False),
    Column("inbox", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("state", Text, nullable=False),  # queued | delivered | refused | parked
    Column("attempts", Integer, nullable=False, default=0),
    Column("next", Text, nullable=False),
    Column("status", Integer),
    Column("reason", Text),
    Column("done", Text),
    Column("key", Text, nullable=False, default=""),  # those of one inbox and one key leave in order
    UniqueConstraint("seq", "inbox", name="deliveries_once"),
    Index("deliveries_due", "state", "next"),
    Index("deliveries_by_host", "state", "host", "id"),
    Index("deliveries_in_order", "state", "inbox", "key", "id"),
    sqlite_autoincrement=True,
)

hosts = Table(
    "hosts",
    truth,
    Column("host", Text, primary_key=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("open_until", Text),
    Column("dialect", Text, nullable=False, default="cavage"),
)

layers = Table(
    "layers",
    truth,
    Column("name", Text, primary_key=True),  # qpv, acv, pvd, density: what `--by` and pages call it
    Column("title", Text, nullable=False, default=""),
    Column("source", Text, nullable=False),
    Column("date", Text, nullable=False),  # of the source
    Column("digest", Text, nullable=False),  # SHA-256 of the file
    Column("loaded", Text, nullable=False),
)

layer_classes = Table(
    "layer_classes",
    truth,
    Column("layer", Text, primary_key=True),  # the name of one of `layers`
    Column("commune", Text, primary_key=True),  # the present INSEE code
    Column("value", Text, nullable=False),  # "1" for a layer that a commune is in or not
    sqlite_with_rowid=False,
)

campaigns = Table(
    "campaigns",
    truth,
    Column("period", Text, primary_key=True),
    Column("until", Text, nullable=False),  # the last day to answer
    Column("opened", Text, nullable=False),
    Column("closed", Text),
)

campaign_notes = Table(
    "campaign_notes",
    truth,
    Column("period", Text, primary_key=True),
    Column("actor", Text, primary_key=True),  # the place that was written to
    Column("kind", Text, primary_key=True),  # open | reminder | correction
    Column("about", Text, primary_key=True),  # reminder: its day; correction: the digest of what is asked
    Column("document", Text, nullable=False),  # the Note
    Column("sent", Text, nullable=False),
)

views = MetaData()  # cache/public.sqlite

cursor = Table(
    "cursor",
    views,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
)

directory = Table(
    "directory",
    views,
    Column("document", Text, primary_key=True),
    Column("place", Text, nullable=False),  # IRI of the tl:TiersLieu
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),  # description | listing
    Column("name", Text, nullable=False),
    Column("content", Text, nullable=False),  # JSON of vocab.model.Place, for the pages
    Column("typology", Text, nullable=False),  # JSON list of notations
    Column("status", Text, nullable=False),
    Column("opened", Text),
    Column("closed", Text),
    Column("commune", Text),
    Column("epci", Text),
    Column("departement", Text),
    Column("region", Text),
    Column("operator", Text, nullable=False),  # IRI, or urn:x-unknown-operator:HOST
    Column("version", Integer, nullable=False),
    Column("updated", Text, nullable=False),
    Column("license", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Index("directory_by_place", "place"),
    Index("directory_by_departement", "departement"),
)

relations = Table(
    "relations",
    views,
    Column("actor", Text, primary_key=True),  # a place that accepted our Follow, or a place of this node
    Column("since", Text, nullable=False),
    Column("seq", Integer, nullable=False),
)


def _observations(target: MetaData, name: str = "observations", *more: Column[str]) -> Table:
    return Table(
        name,
        target,
        Column("id", Text, primary_key=True),
        Column("document", Text, nullable=False),
        Column("place", Text, nullable=False),
        Column("indicator", Text, nullable=False),
        Column("period", Text, nullable=False),
        Column("breakdown", Text, nullable=False),  # "" is the total; else "dim=code" sorted, joined by "&"
        Column("value", Text),
        Column("unit", Text, nullable=False),
        Column("status", Text, nullable=False),
        Column("conf", Text, nullable=False),
        Column("method", Text, nullable=False),
        Column("sharing", Text, nullable=False),
        Column("version", Integer, nullable=False),
        Column("seq", Integer, nullable=False),
        *more,
        Index(name + "_by_question", "indicator", "period"),
        Index(name + "_by_document", "document"),
        Index(name + "_by_place", "place", "period"),
    )


observations = _observations(views)

# What an aggregator found of places that it lists: no place said it, so that no total and no answer is made of it.
listed_observations = _observations(views, "listed_observations", Column("source", Text, nullable=False))


def _answers(target: MetaData) -> Table:
    """The reports that count now, and when each place was first heard for a period; no figure."""
    return Table(
        "answers",
        target,
        Column("document", Text, primary_key=True),
        Column("actor", Text, nullable=False),
        Column("place", Text, nullable=False),
        Column("period", Text, nullable=False),
        Column("first", Text, nullable=False),  # when its first version came
        Column("seq", Integer, nullable=False),
        Index("answers_by_period", "period"),
    )


answers = _answers(views)

graphs = Table(
    "graphs",
    views,
    Column("document", Text, primary_key=True),  # also the name of the graph
    Column("nquads", Text, nullable=False),  # sorted N-Quads, the document's graph and its provenance
    Column("seq", Integer, nullable=False, index=True),
)

posts = Table(
    "posts",
    views,
    Column("document", Text, primary_key=True),
    Column("actor", Text, nullable=False),  # a place of this node
    Column("published", Text, nullable=False),  # when it was first signed, not what it says of itself
    Column("content", Text, nullable=False),  # the document, as signed
    Column("seq", Integer, nullable=False),
    Index("posts_by_actor", "actor", "published"),
)


def _quarantine(target: MetaData) -> Table:
    return Table(
        "quarantine",
        target,
        Column("seq", Integer, primary_key=True),
        Column("document", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("errors", Text, nullable=False),  # JSON list of {field, code, params}: they quote what was said
    )


quarantine = _quarantine(views)  # of public documents

warnings = Table(
    "warnings",
    views,
    Column("document", Text, primary_key=True),  # a public report
    Column("number", Integer, primary_key=True),
    Column("place", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("breakdown", Text, nullable=False),
    Column("code", Text, nullable=False),  # what rule of vocab.plausible
    Column("params", Text, nullable=False),  # JSON: what its sentence needs
    Column("seq", Integer, nullable=False),
    Index("warnings_by_place", "place", "period"),
)

traces = Table(
    "traces",
    views,
    Column("place", Text, primary_key=True),
    Column("period", Text, primary_key=True),  # a year
    Column("digest", Text, primary_key=True),  # of one public figure that two places seldom share
    Index("traces_by_digest", "period", "digest", "place"),
    sqlite_with_rowid=False,
)

restricted = MetaData()  # cache/restricted.sqlite: another store, not a filter
restricted_cursor = Table(
    "cursor",
    restricted,
    Column("name", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
)
restricted_observations = _observations(restricted)
restricted_answers = _answers(restricted)
restricted_quarantine = _quarantine(restricted)
