"""`/api/v1/photos`: photos of lots."""

from pydantic import BaseModel

from attachments import MalformedPhoto, PhotoTooLarge
from attachments.errors import AttachmentsUnwritable
from desk.api.call import ApiCall
from desk.api.routing import ApiRoutes
from services.errors import UploadsLimited
from services.permissions import Permission
from web.photo_limits import MOST_BYTES

routes = ApiRoutes("lots")


class PhotoDocument(BaseModel):
    """A stored photo."""

    image: str
    """Its address, which `product.image` of a lot takes: `/a/` and the SHA-256 of its bytes."""


@routes.add(
    "POST",
    "photos",
    permissions=(Permission.LOT_PUT,),
    status=201,
    media=("image/jpeg", "image/png", "image/webp"),
    errors=(MalformedPhoto, PhotoTooLarge, UploadsLimited, AttachmentsUnwritable),
    limit=MOST_BYTES,
)
async def add_photo(call: ApiCall, body: bytes) -> PhotoDocument:
    """Store a photo of a lot.

    It is made smaller, and what the camera wrote about place and device is removed.
    The same photo twice has one address.
    """
    return PhotoDocument(image=await call.runtime.photos.add(call.context, body))
