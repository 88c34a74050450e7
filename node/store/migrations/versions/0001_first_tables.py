"""The first tables: actors, drafts, documents, journal, relations, peers, deliveries."""

from node.store.migrations import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them as the SQL beside this file says."""
    run(__file__)
