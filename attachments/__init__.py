"""Content-addressed stores of files: bounded, immutable.

`AttachmentStore` keeps each photo once, re-encoded, under the SHA-256 of its bytes; both services
serve photos at `/a/{hash}`. `OriginalStore` keeps files of evidence as they were sent, for the desk
alone. `attachments.copies` copies stores for backups and verifies copies.
"""

from attachments.errors import (
    DamagedOriginal,
    MalformedPhoto,
    PhotoIsHeic,
    PhotoIsPdf,
    PhotoTooLarge,
    UnknownAttachment,
    UnknownMediaType,
)
from attachments.hashed_folder import is_attachment_hash
from attachments.originals import OriginalStore
from attachments.settings import AttachmentSettings
from attachments.store import MEDIA_TYPE, AttachmentStore

__all__ = [
    "MEDIA_TYPE",
    "AttachmentSettings",
    "AttachmentStore",
    "DamagedOriginal",
    "MalformedPhoto",
    "OriginalStore",
    "PhotoIsHeic",
    "PhotoIsPdf",
    "PhotoTooLarge",
    "UnknownAttachment",
    "UnknownMediaType",
    "is_attachment_hash",
]
