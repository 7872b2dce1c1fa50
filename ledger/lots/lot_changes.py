"""Material changes of a lot that stamps are bound to: one person proposes, another confirms.

The proposal holds the whole new content, so that what is confirmed is what is saved. Its approval
saves the version in its own transaction: author is who proposed, `confirmed_by` who approved. On
PostgreSQL a trigger refuses a material correction without such an approval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.errors import LotChanged
from ledger.lots.lot_versions import LOT_CONTENT, VersionNote
from ledger.lots.lots import LotRow, save_lot
from ledger.proposals.proposal import Proposal

LOT_CHANGE: Final = "lot.change"
"""The kind of the proposals."""


@dataclass(frozen=True, slots=True)
class LotChange:
    """The new content of a lot, and the version that it was compared with."""

    lot: LotRow
    base: int
    """The number of the version that the proposal was made on."""
    changed: Sequence[str]
    note: str | None

    @property
    def subject(self) -> str:
        """The subject of the proposal."""
        return lot_subject(self.lot.code)

    def to_document(self) -> dict[str, Any]:
        """The change as the document of a proposal; `from_document` reads it."""
        return {
            "lot": self.lot.code,
            "base": self.base,
            "changed": list(self.changed),
            "note": self.note,
            "content": {name: _plain(getattr(self.lot, name)) for name in LOT_CONTENT},
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "LotChange":
        """The change in the document of a proposal."""
        lot = LotRow(code=document["lot"], **document["content"])
        return cls(lot, document["base"], document["changed"], document["note"])


def lot_subject(code: str) -> str:
    """Return the subject of proposals about a lot."""
    return f"lot:{code}"


async def carry_out_lot_change(connection: AsyncConnection, proposal: Proposal) -> LotRow:
    """The act of a proposal to change a lot.

    Raises `LotChanged` when the lot was saved since the proposal, and as `Lots.save` does.
    """
    change = LotChange.from_document(proposal.document)

    def review(known: LotRow | None) -> VersionNote:
        version = 0 if known is None else known.version
        if version != change.base:
            raise LotChanged(lot=change.lot.code, base=change.base, version=version)
        return VersionNote(
            changed=change.changed,
            is_material=True,
            reason=proposal.reason,
            note=change.note,
            confirmed_by=proposal.decided_by,
        )

    row = LotRow(
        code=change.lot.code,
        actor=proposal.requested_by,
        at=proposal.decided_at,
        **{name: getattr(change.lot, name) for name in LOT_CONTENT},
    )
    return await save_lot(connection, row, review)


def _plain(value: object) -> object:
    """A value as JSON holds it."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
