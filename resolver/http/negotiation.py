"""Negotiation: the form of answer that a request wants, and its network and country."""

from functools import lru_cache

from resolver.http.request import Request
from web.client_address import TrustedProxies, network_of, witness_of
from web.request_parsing import FORM, MULTIPART, Negotiator, Preferences, parse_media_type


def preferences_of(request: Request, negotiator: Negotiator) -> Preferences:
    """JSON, page, compression and language of the answer."""
    headers = request.headers
    return negotiator.negotiate(
        accept=headers.get("accept", ""),
        accept_encoding=headers.get("accept-encoding", ""),
        accept_language=headers.get("accept-language", ""),
        query=request.target.partition("?")[2],
    )


def is_form(request: Request) -> bool:
    """Whether the body is an HTML form, as pages send it where no script runs."""
    return parse_media_type(request.headers.get("content-type", "")) in (FORM, MULTIPART)


def cookie_of(request: Request, name: str) -> str | None:
    """The value of a cookie; None where the request has none of this name."""
    for pair in request.headers.get("cookie", "").split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            return value
    return None


class ClientLocator:
    """Finds a client's network and country, through the reverse proxies that are trusted.

    `country_header` names the header in which a trusted proxy says the country; empty for none.
    """

    def __init__(self, proxies: TrustedProxies, country_header: str) -> None:
        self._proxies = proxies
        self._country_header = country_header.lower()
        self._network_of = lru_cache(maxsize=4096)(network_of)
        self._witness_of = lru_cache(maxsize=4096)(witness_of)

    @property
    def read_headers(self) -> tuple[str, ...]:
        """The header fields that this reads, in lower case."""
        names = (self._proxies.header, self._country_header)
        return tuple(name for name in names if name)

    def network(self, request: Request) -> str:
        """The client's IPv4 address or IPv6 /64; empty where it is not known."""
        forwarded = request.headers.get(self._proxies.header, "")
        return self._network_of(self._proxies.client(request.remote, forwarded))

    def witness(self, request: Request) -> str:
        """The client's IPv4 address or IPv6 /48; empty where it is not known."""
        forwarded = request.headers.get(self._proxies.header, "")
        return self._witness_of(self._proxies.client(request.remote, forwarded))

    def country(self, request: Request) -> str | None:
        """The client's country (two capital letters) as a trusted proxy says it."""
        if not self._country_header or not self._proxies.is_trusted(request.remote):
            return None
        code = request.headers.get(self._country_header, "").strip().upper()
        return code if len(code) == 2 and code.isascii() and code.isalpha() else None
