"""An HTTP collector: `POST` of JSONL with a bearer secret; any 2xx means that it has the heads.

The secret goes to the named address only: redirects are failures, and `http` is for the loopback.
"""

from collections.abc import Sequence
from typing import Final

import aiohttp

from issuer.heads.place import PushFailed
from ledger.audit.head_statement import SignedHead

_SECONDS: Final = 10
_MEDIA_TYPE: Final = "application/x-ndjson"


class CollectorPlace:
    """An address that takes heads."""

    pause_seconds = 0.0

    def __init__(self, url: str, secret: str = "") -> None:
        self._url = url
        self._headers = {"Content-Type": _MEDIA_TYPE}
        if secret:
            self._headers["Authorization"] = f"Bearer {secret}"
        self.name = url.partition("?")[0]

    async def push(self, heads: Sequence[SignedHead]) -> None:
        """Post the heads. Raises `PushFailed`."""
        body = "".join(head.format_line() for head in heads).encode()
        limit = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(
                    self._url, data=body, headers=self._headers, allow_redirects=False
                ) as answer,
            ):
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            why = str(error) or f"no answer within {_SECONDS} s"
            raise PushFailed(place=self.name, why=why) from error
        if not 200 <= status < 300:
            raise PushFailed(place=self.name, why=f"it answered {status}")
