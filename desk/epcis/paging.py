"""Pages of the standard: `perPage` and `nextPageToken`, and the `Link` to the page that follows."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from desk.epcis.call import EpcisCall
from services.errors import InvalidInput
from services.record.event_queries import DEFAULT_EVENTS, MOST_EVENTS

PAGE_PARAMETERS: Final = frozenset({"perPage", "nextPageToken"})


def read_per_page(call: EpcisCall) -> int:
    """How many a page has at most. Raises `InvalidInput`."""
    text = call.request.query.get("perPage", str(DEFAULT_EVENTS))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_EVENTS:
        raise InvalidInput(field="perPage", why=f"must be from 1 to {MOST_EVENTS}")
    return int(text)


def read_token(call: EpcisCall) -> str | None:
    """The cursor of the page that is asked for."""
    return call.request.query.get("nextPageToken")


def link_next(call: EpcisCall, token: str | None) -> Mapping[str, str]:
    """The header field that leads to the next page; nothing on the last one."""
    if token is None:
        return {}
    query = [(name, one) for name, one in call.request.query.items() if name != "nextPageToken"]
    pairs = [*query, ("nextPageToken", token)]
    text = "&".join(f"{quote(name, safe='')}={quote(one, safe='')}" for name, one in pairs)
    return {"Link": f'<{quote(call.request.path)}?{text}>; rel="next"'}
