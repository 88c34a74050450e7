"""Keys with their history, blocked and allowed hosts, moves, cursors of change feeds, when grants began and ended."""

from node.store.migrations import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add them as the SQL beside this file says."""
    run(__file__)
