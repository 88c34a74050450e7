"""Those who manage places here: accounts, roles, sessions, what they type, what they may, what they did."""

from node.store.migrations import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add them as the SQL beside this file says."""
    run(__file__)
