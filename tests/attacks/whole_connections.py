"""Whole connections to the services, as hypothesis strategies: requests, damage, pauses, endings.

Requests reach as deep as they can: they carry living sessions, tokens and codes, the fields of the
models that read them, and values between right and absurd.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_from_bytes, urlencode

from hypothesis import strategies as st

NASTY: Final = (
    *("", " ", "x", "0", "-1", "1", "7", "00", "1.5", "6.500", "1e9", "9" * 400, "1·0-9", "1:0-"),
    *("1·0-" + "9" * 5000, "\x00", "a\x00b", "\x1b[2J", "\t", "a\r\nb", "\x1d21", "\u0085"),
    *("sầu riêng", "榴莲", "\u202eevil", "\u200b", "\ud800", "\ufeff", "😀", "ﬁ", "１２", "İ"),
    *("a" * 300, "a" * 3000),
    *("../../etc/passwd", "%2e%2e", "%00", "//evil.example", "/\\evil", "javascript:alert(1)"),
    *("<script>", '"><b x=', "'; DROP TABLE lots; --", "{{7*7}}", "[b]x[/b]", "null", "true"),
    *("2026-11-27T00:00:00Z", "2026-02-31", "printed,1", "yes", "sealed", "activate", "bound"),
)  # fmt: skip
_text = st.sampled_from(NASTY) | st.text(max_size=20)
_WHOLE: Final = 1000
_part = st.integers(0, _WHOLE)
"""A part of a request, in thousandths. What is drawn must not depend on a session's length."""
_scalar = _text | st.integers() | st.floats() | st.booleans() | st.none()
_value = st.recursive(
    _scalar,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
_piece = st.sampled_from(
    [
        *(b"%2F", b"..", b"/..", b"%00", b"\x00", b"%", b"%zz", b"//", b"\\", b";", b"?", b"#"),
        *(b"&", b".", b"%C3%28", b"\xff", b"\xc2\x80", b"A" * 300, b"A" * 9000, b"%ED%A0%80"),
        *(b"lang=zh", b"after=", b"limit=-1", b"limit=0", b"q=", b"next=//x", b"edit="),
    ]
)  # fmt: skip
_field = st.sampled_from(
    [
        *(b"Accept: application/json", b"Accept: text/html", b"Accept: \xff", b"Accept: *"),
        *(b"Accept-Encoding: gzip;q=x", b"Content-Encoding: br", b"Content-Encoding: identity"),
        *(b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999"),
        *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: x, chunked", b"Expect: 100-continue"),
        *(b"Expect: magic", b"Connection: close", b"Connection: upgrade", b"Upgrade: websocket"),
        *(b"Host: evil", b"Host: a\x00b", b"Origin: null", b"Sec-Fetch-Site: cross-site"),
        *(b"X-Forwarded-For: 1.2.3.4, [::1]:80, _x", b'Forwarded: for="', b"X: " + b"y" * 9000),
        *(b"Range: bytes=0-", b"Range: bytes=9-1,-5", b"If-Range: x", b"If-None-Match: *"),
        *(b"Cookie: desk=" + b"\xff" * 30, b"Cookie: lang=\x01; desk=a.b", b"Cookie: =;;=;"),
        *(b"Authorization: Bearer \xff", b"Authorization: Bearer vtm_" + b"0" * 56, b" folded"),
        *(b"Idempotency-Key: \xff", b"Idempotency-Key: " + b"k" * 101, b": empty", b"No colon"),
        *(b"Content-Type: application/json", b"Content-Type: text/csv; charset=utf-16"),
    ]
)  # fmt: skip
_method = st.sampled_from([b"GET", b"POST"]) | st.sampled_from(
    [b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"get", b"G\x00T", b""]
)
_boundary: Final = b"veritem"


@dataclass(frozen=True)
class Place:
    """An address of a service: its path with `{}` for values, and the fields that it reads."""

    path: str
    fields: Sequence[str] = ()


@dataclass(frozen=True)
class Visitor:
    """What a caller knows: header fields, hidden fields of forms, values that are in the ledger."""

    headers: Sequence[bytes]
    hidden: Mapping[str, str]
    values: Sequence[str]


def _encode(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


@st.composite
def _targets(draw: st.DrawFn, place: Place, visitor: Visitor) -> bytes:
    """A target of a place; often right, sometimes with pieces appended."""
    parts = place.path.split("{}")
    text = st.sampled_from([*visitor.values, "1", "x"]) | _text
    values = [quote_from_bytes(_encode(draw(text)), safe="") for _ in parts[1:]]
    target = "".join(a + b for a, b in zip(parts, [*values, ""], strict=True)).encode()
    extra = draw(st.lists(_piece | st.binary(max_size=20), max_size=2))
    return target + (b"?" if draw(st.booleans()) else b"") * bool(extra) + b"".join(extra)


@st.composite
def _bodies(draw: st.DrawFn, place: Place, visitor: Visitor) -> tuple[bytes, bytes]:
    """A media type and a body with fields of the place."""
    names = st.sampled_from([*place.fields, "csrf", "key", "x"])
    value = st.sampled_from([*visitor.values, "1", "yes"]) | _value
    fields: dict[str, Any] = draw(st.dictionaries(names | _text, value, max_size=6))
    kind = draw(st.sampled_from(["json", "form", "form", "multipart", "csv", "noise"]))
    if kind == "json":
        return b"application/json", json.dumps(fields).encode("utf-8", "surrogatepass")
    texts = {_encode(name): _encode(str(part)) for name, part in fields.items()}
    if draw(st.booleans()):
        texts |= {name.encode(): part.encode() for name, part in visitor.hidden.items()}
    if kind == "form":
        return b"application/x-www-form-urlencoded", urlencode(texts).encode()
    if kind == "multipart":
        file = b'; filename="x.csv"' if draw(st.booleans()) else b""
        parts = [
            b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
            % (_boundary, name.replace(b'"', b"%22"), file, part)
            for name, part in texts.items()
        ]
        body = b"".join(parts) + b"--%s--\r\n" % _boundary
        return b"multipart/form-data; boundary=" + _boundary, body
    if kind == "csv":
        lines = draw(st.lists(_text, max_size=4))
        return b"text/csv", _encode("state,roll,reason\nprinted," + ",".join(lines))
    return b"application/json", draw(st.binary(max_size=200))


@st.composite
def requests(draw: st.DrawFn, places: Sequence[Place], visitors: Sequence[Visitor]) -> bytes:
    """One request, mostly well-formed."""
    place, visitor = draw(st.sampled_from(places)), draw(st.sampled_from(visitors))
    method, target = draw(_method), draw(_targets(place, visitor))
    version = draw(st.sampled_from([b"HTTP/1.1"] * 8 + [b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9", b""]))
    lines = [b"%s %s %s" % (method, target, version), b"Host: v.vn"]
    if draw(st.integers(0, 3)):
        lines += visitor.headers
    body = b""
    if method not in (b"GET", b"HEAD") or not draw(st.integers(0, 5)):
        media, body = draw(_bodies(place, visitor))
        lines.append(b"Content-Type: " + media)
        if draw(st.booleans()):
            lines.append(b"Content-Length: %d" % len(body))
        else:
            lines.append(b"Transfer-Encoding: chunked")
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        if draw(st.booleans()):
            lines.append(b"Idempotency-Key: k%d" % draw(st.integers(0, 9)))
    lines += draw(st.lists(_field, max_size=3))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@st.composite
def damaged(draw: st.DrawFn, sound: bytes) -> bytes:
    """A request with some bytes cut, doubled or replaced."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(_part) * len(sound) // _WHOLE
        end = min(len(sound), at + draw(st.integers(0, 40)))
        patch = draw(st.sampled_from([b"", b"\x00", b"\r", b"\n", b"\r\n\r\n", sound[at:end] * 2]))
        sound = sound[:at] + patch + sound[end:]
    return sound


@st.composite
def connections(
    draw: st.DrawFn, places: Sequence[Place], visitors: Sequence[Visitor]
) -> list[bytes | float | str]:
    """A connection: bytes to send, pauses in seconds, and how it ends (`half`, `reset`)."""
    steps: list[bytes | float | str] = []
    for sound in draw(st.lists(requests(places, visitors), min_size=1, max_size=3)):
        whole = draw(damaged(sound)) if not draw(st.integers(0, 2)) else sound
        if draw(st.integers(0, 2)):
            steps.append(whole)
        else:  # in two pieces, with a pause between
            at = draw(_part) * len(whole) // _WHOLE
            steps += [whole[:at], 0.01, whole[at:]]
    steps += draw(st.sampled_from([[], [], ["half"], ["reset"]]))
    return steps


async def play(port: int, steps: Sequence[bytes | float | str], seconds: float) -> bytes:
    """Play a connection; all that comes back until the server closes or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        for step in steps:
            if isinstance(step, bytes):
                writer.write(step)
            elif isinstance(step, float):
                await asyncio.sleep(step)
            elif step == "half":
                writer.write_eof()
            else:
                writer.transport.abort()
        while True:
            async with asyncio.timeout(seconds):
                piece = await reader.read(65536)
            if not piece:
                break
            answer += piece
    except (TimeoutError, OSError, RuntimeError):
        pass  # silence, a reset, or a connection that the server has closed before
    finally:
        writer.close()
    return answer


def statuses(answer: bytes) -> list[int]:
    """The statuses of the responses in what came back."""
    lines = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]
    return [int(line.split()[1]) for line in lines if line[8:9] == b" "]
