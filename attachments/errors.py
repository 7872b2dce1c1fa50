"""Refusals of the attachment store."""

from stamps.errors import VeritemError


class MalformedPhoto(VeritemError):
    """The upload is no photo that the store takes."""

    code = "malformed-photo"
    message = "not a photo that is taken: {why}"


class PhotoIsHeic(MalformedPhoto):
    """The upload is a HEIC picture, as phones of Apple store them."""

    code = "photo-heic"
    message = (
        "HEIC is not taken: set the phone's camera to JPEG, or choose the photo in its browser"
    )


class PhotoIsPdf(MalformedPhoto):
    """The upload is a PDF document."""

    code = "photo-pdf"
    message = "a PDF is not taken: take a photo of the page, or save the page as JPEG or PNG"


class PhotoTooLarge(VeritemError):
    """The upload has too many bytes or pixels."""

    code = "photo-too-large"
    message = "a photo has at most {most} {unit}"


class UnknownAttachment(VeritemError):
    """The store has no attachment of this hash."""

    code = "unknown-attachment"
    message = "there is no attachment {hash}"


class AttachmentsUnwritable(VeritemError):
    """The folder of attachments cannot be written: full, read-only, missing rights."""

    code = "attachments-unwritable"
    message = "attachments cannot be stored: {why}"


class UnknownMediaType(VeritemError):
    """The first bytes of a file are of no type that is taken."""

    code = "unknown-media-type"
    message = "a file must be JPEG, PNG, WebP, TIFF (GeoTIFF), JSON or CSV, told by its content"


class DamagedOriginal(VeritemError):
    """A file is missing, or its bytes are not those that were stored."""

    code = "damaged-original"
    message = "the file {hash} is missing or damaged; restore it from a backup"
