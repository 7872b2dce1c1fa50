"""Content-addressed store of photos: re-encoded, bounded, immutable.

`AttachmentStore` keeps each photo once, under the SHA-256 of its bytes. `attachments.copies` copies
the store for backups and verifies copies. Both services serve photos at `/a/{hash}`.
"""

from attachments.errors import (
    MalformedPhoto,
    PhotoIsHeic,
    PhotoIsPdf,
    PhotoTooLarge,
    UnknownAttachment,
)
from attachments.settings import AttachmentSettings
from attachments.store import MEDIA_TYPE, AttachmentStore, is_attachment_hash

__all__ = [
    "MEDIA_TYPE",
    "AttachmentSettings",
    "AttachmentStore",
    "MalformedPhoto",
    "PhotoIsHeic",
    "PhotoIsPdf",
    "PhotoTooLarge",
    "UnknownAttachment",
    "is_attachment_hash",
]
