"""Conditional requests (RFC 9110, section 13): `ETag`, `If-None-Match` and `If-Match`.

The tag of an answer is a digest of its body, unless the handler names the version of a row. An
edit names the version that its editor saw; whether the row still has it is checked in the
transaction of the edit.
"""

import hashlib
from typing import Final

from aiohttp import ETag, web

from stamps.base64url import encode_base64url
from stamps.errors import VeritemError
from web.errors import MalformedBody

_ANY: Final = "*"
_DIGEST_BYTES: Final = 18
_READ: Final = ("GET", "HEAD")


class PreconditionRequired(VeritemError):
    """The edit does not say which version it is an edit of."""

    code = "precondition-required"
    message = "If-Match is missing; send the ETag of the version that you read, or *"


def tag_answer(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """An answer with its tag; 304 instead of what the client has already."""
    if (
        request.method not in _READ
        or answer.status != 200
        or not isinstance(answer, web.Response)
        or not isinstance(answer.body, bytes)
    ):
        return answer
    if answer.etag is None:
        digest = hashlib.sha256(answer.body).digest()[:_DIGEST_BYTES]
        answer.etag = encode_base64url(digest)
    tag = answer.etag
    known = request.if_none_match or ()
    if tag is None or not any(one.value in (_ANY, tag.value) for one in known):
        return answer
    return web.Response(status=304, headers={"ETag": answer.headers["ETag"]})


def read_version(request: web.Request) -> str | None:
    """The version that `If-Match` names; None for `*`, which is any.

    Raises `PreconditionRequired` without it, `MalformedBody` for more than one tag. A weak tag is
    no version of anything.
    """
    if "If-Match" not in request.headers:
        raise PreconditionRequired
    tags: tuple[ETag, ...] = tuple(request.if_match or ())
    if len(tags) > 1:
        raise MalformedBody(field="If-Match", why="must be one tag")
    if not tags or tags[0].is_weak:
        return ""
    return None if tags[0].value == _ANY else tags[0].value
