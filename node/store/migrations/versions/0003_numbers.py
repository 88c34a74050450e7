"""Layers of the territory that the operator loads; campaigns, and what was asked of whom."""

from node.store.migrations import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add them as the SQL beside this file says."""
    run(__file__)
