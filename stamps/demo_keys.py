"""Demo keys and the addresses that they may serve.

The passphrases of demo keys are published, so anybody who has the key files can seal stamps with
them. They serve this machine and its local network: no public name and no public address.

>>> [is_public_host(host) for host in ("veritem.vn", "8.8.8.8", "[2001:4860::8888]:8080")]
[True, True, True]
>>> [is_public_host(host) for host in ("127.0.0.1:8080", "192.168.1.7", "desk.localhost")]
[False, False, False]
"""

import ipaddress
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from stamps.errors import VeritemError

# RFC 6761, RFC 6762, RFC 8375 and the name that ICANN reserved for private use in 2024.
_LOCAL_DOMAINS: Final = (".localhost", ".test", ".local", ".home.arpa", ".internal")


class DemoKeysRefused(VeritemError):
    """Demo keys were to serve a public address."""

    code = "demo-keys-refused"
    message = (
        "demo keys do not serve {address}: their passphrases are published; create keys of your own"
        " in another folder (keys.directory)"
    )


def check_demo_addresses(addresses: Iterable[str]) -> None:
    """Check that demo keys serve no public address; each is a URL, or a host with or without port.

    Raises `DemoKeysRefused`, with the first that is public.
    """
    for address in addresses:
        if is_public_host(address.partition("://")[2] or address):
            raise DemoKeysRefused(address=address)


def is_public_host(text: str) -> bool:
    """Whether a host, with or without port and path, can be reached from the internet.

    A host that cannot be read counts as public.
    """
    try:
        host = (urlsplit(f"//{text}").hostname or "").rstrip(".")
    except ValueError:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not host.endswith(_LOCAL_DOMAINS)
    return address.is_global
