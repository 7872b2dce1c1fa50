"""Files of evidence as answers: originals are downloaded and never shown, pictures are shown."""

import base64

from aiohttp import web

from attachments import MEDIA_TYPE
from services.codes.code_evidence import EvidenceFile
from web.security_headers import NO_STORE, SANDBOX


def answer_original(file: EvidenceFile) -> web.Response:
    """A file as it was sent. No browser shows it: what it claims to be is not said."""
    return web.Response(
        body=file.content,
        content_type="application/octet-stream",
        headers={
            **SANDBOX,
            **NO_STORE,
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256)).decode()}:",
            "X-Content-Type-Options": "nosniff",
        },
    )


def answer_picture(picture: bytes) -> web.Response:
    """The re-encoded copy of a picture."""
    headers = {**SANDBOX, "Cache-Control": "private, max-age=3600"}
    return web.Response(body=picture, content_type=MEDIA_TYPE, headers=headers)
