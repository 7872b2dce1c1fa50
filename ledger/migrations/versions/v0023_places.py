"""Places: GS1 location numbers, indexes of their list, and the words that find them."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_WORD = re.compile(r"[^\W_]+")


def upgrade() -> None:
    """Add the column and the indexes, and write the words of the places that there are."""
    op.add_column("places", sa.Column("gln", sa.Text(), nullable=True))
    op.create_index(op.f("ix_places_name_id"), "places", ["name", "id"])
    for name in ("kind", "organisation", "province"):
        op.create_index(op.f(f"ix_places_{name}_name_id"), "places", [name, "name", "id"])
    bind = op.get_bind()
    insert = sa.text("INSERT INTO search_words (kind, word, row) VALUES ('place', :word, :row)")
    for id_, name, code in bind.execute(sa.text("SELECT id, name, code FROM places")).all():
        for word in _split(f"{id_} {name} {code or ''}"):
            bind.execute(insert, {"word": word, "row": id_})


def _split(text: str) -> list[str]:
    """Split a text into words as `ledger.search_words` does."""
    plain = unicodedata.normalize("NFKC", text).replace("Đ", "D").replace("đ", "d")
    letters = unicodedata.normalize("NFD", plain)
    plain = "".join(one for one in letters if not unicodedata.combining(one)).casefold()
    return list(dict.fromkeys(word[:40] for word in _WORD.findall(plain)))[:100]
