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
