"""Photos of lots: who may store them, and how many.

A photo is public: the consumer's page shows it at `/a/{hash}`. It is stored before the lot that
names it; one that no lot names stays until it is swept (`services.lots.photo_sweep`), so uploads
have a budget.
"""

from collections.abc import Callable, Hashable
from typing import Final

from attachments import AttachmentStore, is_attachment_hash
from ledger import Ledger, LotFilter
from services.attempt_budget import AttemptBudget
from services.context import ServiceContext
from services.errors import UploadsLimited
from services.permissions import Permission, require_permission

ADDRESS: Final = "/a/"
"""Beginning of the address of a photo, on the desk and on the public service."""
MOST_AT_ONCE: Final = 100
"""Photos that one organisation may store in a row; one more every `REFILL_MS`."""
REFILL_MS: Final = 5 * 60_000
_LOTS_AT_ONCE: Final = 500


class PhotoShelf:
    """The store of photos with the budgets of those who fill it; one for each process."""

    def __init__(
        self, store: AttachmentStore, clock: Callable[[], int], most_at_once: int = MOST_AT_ONCE
    ) -> None:
        self.store = store
        self._budget = AttemptBudget(
            most_at_once, refill_ms=REFILL_MS, clock=clock, refusal=UploadsLimited
        )

    async def add(self, context: ServiceContext, upload: bytes) -> str:
        """Store a photo, and return its address, `/a/{hash}`.

        Raises `Forbidden`, `UploadsLimited`, `MalformedPhoto`, `PhotoTooLarge`,
        `AttachmentsUnwritable`.
        """
        require_permission(context, Permission.LOT_PUT)
        owner: Hashable = context.actor.organisation or context.actor.id
        self._budget.take(owner)
        digest = await self.store.add_photo(upload)
        await context.ledger.audit.append(
            actor=context.actor.id, action="photo.add", subject=f"photo:{digest}"
        )
        return ADDRESS + digest


async def list_named_photos(ledger: Ledger) -> set[str]:
    """Return the hashes of the photos that lots name. It reads all lots, to rehearse a restore."""
    named: set[str] = set()
    after: tuple[int, str] | None = None
    while page := await ledger.lots.find_page(LotFilter(), after=after, limit=_LOTS_AT_ONCE):
        for lot in page:
            image = lot.document.get("product", {}).get("image", "")
            digest = image.removeprefix(ADDRESS)
            if image.startswith(ADDRESS) and is_attachment_hash(digest):
                named.add(digest)
        after = (page[-1].at or 0, page[-1].code)
    return named
