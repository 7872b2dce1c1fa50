"""Refusals of the attachment store."""

from stamps.errors import VeritemError


class MalformedPhoto(VeritemError):
    """The upload is no photo that the store takes."""

    code = "malformed-photo"
    message = "not a photo that is taken: {why}"


class PhotoTooLarge(VeritemError):
    """The upload has too many bytes or pixels."""

    code = "photo-too-large"
    message = "a photo has at most {most} {unit}"


class UnknownAttachment(VeritemError):
    """The store has no attachment of this hash."""

    code = "unknown-attachment"
    message = "there is no attachment {hash}"


class AttachmentsUnwritable(VeritemError):
    """The folder of attachments can not be written: full, read-only, missing rights."""

    code = "attachments-unwritable"
    message = "attachments can not be stored: {why}"
