"""The hostile requests of `doors`, as bytes: each kind with the service that it is sent to."""

import random
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

import orjson

from benchmarks.testbed import HEADERS, seal_codes
from stamps.code import ALPHABET

PAGE: Final = "page"
"""The honest page of either service."""
_NO_FIELDS: Final[Mapping[str, str]] = {}
_VARIANTS: Final = 1_000
"""Different requests of one kind."""


def of_resolver() -> dict[str, list[bytes]]:
    """Requests to the public service by kind; `page` is the honest one."""
    chance = random.Random(14)
    codes = seal_codes(_VARIANTS)
    strangers = ["".join(chance.choices(ALPHABET, k=20)) for _ in range(_VARIANTS)]
    tokens = ["".join(chance.choices("abcdefghijklmnop", k=22)) for _ in range(_VARIANTS)]
    scans = [
        orjson.dumps({"code": code, "token": token, "place": None})
        for code, token in zip(codes, tokens, strict=True)
    ]
    json = {"Content-Type": "application/json"}
    return {
        PAGE: [_request("GET", f"/S/{code}") for code in codes],
        "junk_code": [_request("GET", f"/S/{code[:11]}%3Cscript%3E") for code in strangers],
        # From a network each, as if there were no limit on one; and then from ten networks.
        "bad_tag": [_request("GET", f"/S/{code}", network=n) for n, code in enumerate(strangers)],
        "limited_bad_tag": [
            _request("GET", f"/S/{code}", network=n % 10) for n, code in enumerate(strangers)
        ],
        # GS1 keys that have no links, and Digital Links with a second primary key.
        "unknown_key": [
            _request("GET", f"/8004/8935{code}", network=n % 10) for n, code in enumerate(strangers)
        ],
        "malformed_key": [
            _request("GET", f"/8004/8935{code}/01/{code}", network=n % 10)
            for n, code in enumerate(strangers)
        ],
        "control_character": [_request("GET", f"/S/{code}%00") for code in codes],
        "long_target": [_request("GET", "/S/" + code * 200) for code in codes],
        "bad_token": [_request("POST", "/v1/scans", json, body=body) for body in scans],
        "malformed_body": [_request("POST", "/v1/scans", json, body=b"[" * 4_000) for _ in codes],
        "coded_body": _coded("/v1/scans"),
    }


def of_desk(cookie: str, hostile_cookie: str) -> dict[str, list[bytes]]:
    """Requests to the desk by kind.

    Honest people have the session of `cookie`, hostile ones that of `hostile_cookie` or none.
    """
    chance = random.Random(15)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    forged = "desk=WyJtYWkiLDAsMTc5MDAwMDAwMCwxNzkwMDAwMDAwLCJ4Il0.{}" + "x" * 35
    names = ["".join(chance.choices("abcdefghijklmnop", k=8)) for _ in range(_VARIANTS)]
    tokens = [f"vtm_{n:012x}_" + "".join(chance.choices("abcdef", k=43)) for n in range(_VARIANTS)]
    sign_ins = [
        urlencode({"name": name, "password": f"wrong password {name}"}).encode() for name in names
    ]
    return {
        PAGE: [_request("GET", "/lots", {"Cookie": cookie})],
        "bad_token": [
            # From a network each, and then from ten: callers take turns.
            _request("GET", "/api/v1/orders", {"Authorization": f"Bearer {token}"}, network=n)
            for n, token in enumerate(tokens)
        ],
        "bad_cookie": [
            _request("GET", "/lots", {"Cookie": forged.format(name)}, network=n % 10)
            for n, name in enumerate(names)
        ],
        "junk_path": [_request("GET", f"/{name}", network=n % 10) for n, name in enumerate(names)],
        "control_character": [
            _request("GET", f"/lots/{name}%00", {"Cookie": hostile_cookie}) for name in names
        ],
        "malformed_body": [_request("POST", "/sign-in", form, body=b"a=1&" * 15_000)],
        "coded_body": _coded("/sign-in"),
        "sign_in": [
            _request("POST", "/sign-in", form, network=n % 10, body=body)
            for n, body in enumerate(sign_ins)
        ],
    }


def _coded(path: str) -> list[bytes]:
    fields = {"Content-Type": "application/json", "Content-Encoding": "br"}
    return [_request("POST", path, fields, body=b"\x1b" + bytes([n]) * 3_400) for n in (1, 2, 3)]


def _request(
    method: str,
    target: str,
    fields: Mapping[str, str] = _NO_FIELDS,
    *,
    network: int | None = None,
    body: bytes = b"",
) -> bytes:
    """A request with a phone's headers; with `network` it comes through a proxy from there."""
    lines = [f"{method} {target} HTTP/1.1", "Host: v.vn"]
    lines += [f"{name}: {value}" for name, value in {**HEADERS, **fields}.items()]
    if network is not None:
        lines.append(f"X-Forwarded-For: 203.{network >> 8}.{network & 255}.1")
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def join_requests(requests: Sequence[bytes]) -> bytes:
    """Requests as `wrk/requests.lua` reads them."""
    return b"\x1e".join(requests)
