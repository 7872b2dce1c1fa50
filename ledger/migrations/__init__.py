"""The schema's history: one file a step in `versions/`, applied by Alembic in order.

A step is never edited once it was released; a new one is added. Steps are run by `upgrade` on the
connection of the one writer, in its transaction: two processes that start at once migrate one
after the other, and a step that fails leaves nothing of itself.
"""

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def scripts() -> ScriptDirectory:
    """Alembic's view of the steps."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def upgrade(connection: Connection) -> None:
    """Apply the steps that the database does not have yet, inside the caller's transaction."""
    steps = scripts()

    def missing(revision: Any, _: MigrationContext) -> Any:
        # Alembic's own `command.upgrade` does just this; its public way wants an env.py that
        # runs when it is imported, which no tool that looks through packages would survive.
        return steps._upgrade_revs("head", revision)

    context = MigrationContext.configure(connection, opts={"fn": missing, "target_metadata": None})
    with Operations.context(context):
        context.run_migrations()
