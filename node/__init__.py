"""A node that runs: it composes `vocab` and `federation`.

It owns the port, the database, the templates and the clock.
"""
