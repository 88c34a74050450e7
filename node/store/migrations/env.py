"""What Alembic runs: one SQLite file, one transaction, no log."""

from alembic import context

from node.store import schema, sqlite


def run() -> None:
    """Apply the steps to the file that `node.store.migrate` names."""
    engine = sqlite.writer(context.config.attributes["path"])
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=schema.truth, transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
