"""Photos in the forms of cases: notes of inspectors, answers of parties."""

from typing import Final

from desk.pages.call import PageCall
from services.alerts.case_handling import MOST_PHOTOS
from web.errors import MalformedBody
from web.photo_limits import MOST_BYTES

PHOTO_FIELDS: Final = ("photo", *(f"photo{number}" for number in range(2, MOST_PHOTOS + 1)))
"""The fields of the photos of one form."""
_FORM_BYTES: Final = 65_536
FORM_LIMIT: Final = MOST_PHOTOS * MOST_BYTES + _FORM_BYTES
"""Longest body of a form with photos."""


async def take_photos(call: PageCall) -> list[bytes]:
    """The photos of a form, re-encoded.

    Raises `MalformedBody`, `UploadsLimited`, `MalformedPhoto`, `PhotoTooLarge`.
    """
    for name in call.files:
        if name not in PHOTO_FIELDS:
            raise MalformedBody(field=name, why="is not a field here")
    uploads = [content for name in PHOTO_FIELDS if (content := call.files.get(name, b""))]
    return await call.runtime.case_photos.reencode(call.context.actor, uploads)
