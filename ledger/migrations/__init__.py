"""Migrations of the ledger's schema: one Alembic revision a file in `versions/`.

A revision is never edited once it was released; a new one is added. `upgrade` applies the pending
ones on the connection of the one writer, in its transaction: two processes that start at once
migrate one after the other, and a revision that fails leaves nothing behind.

There is no env.py: it would have to run at import, and Alembic's own command needs a process-wide
context. Everything used here is Alembic's public API.
"""

from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from ledger.storage.storage_errors import SchemaTooNew


def open_scripts() -> ScriptDirectory:
    """Return Alembic's view of the revisions in `versions/`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def is_current(connection: Connection) -> bool:
    """Whether the database has all revisions, and no other."""
    present = MigrationContext.configure(connection).get_current_heads()
    return set(present) == set(open_scripts().get_heads())


def upgrade(connection: Connection, target: str = "heads") -> None:
    """Apply the revisions up to `target` that the database lacks, in the caller's transaction.

    Raises `SchemaTooNew` when the database has a revision that this version does not know.
    """
    scripts = open_scripts()
    context = MigrationContext.configure(connection)
    current = context.get_current_heads()
    try:
        scripts.get_revisions(current)
    except CommandError as error:
        raise SchemaTooNew(detail=str(error)) from error
    pending = list(scripts.iterate_revisions(target, current or "base"))
    with Operations.context(context):
        for revision in reversed(pending):
            revision.module.upgrade()
            context.stamp(scripts, revision.revision)
