"""Whose address a stamp's symbol names: ours, one that resembles ours, or another.

A copied stamp is worth more with an address that looks like ours: its page then says whatever the
copier wants. An inspector's check therefore reads the host before the code, and takes no code of a
foreign host. The phone applies the same rules without a network
(`desk/pwa/scripts/stamp_host.js`); both are tested with `tests/vectors/stamp-hosts-v1.json`.

| reason | example, where `veritem.vn` is ours |
|---|---|
| `letters` | `verltem.vn`, `veritern.vn`; letters of other scripts, accents, full width |
| `inside` | `veritem.vn.tra-cuu.top`, `veritem-vn.com`: our name is a part of another |
| `punycode` | `xn--…`: letters of another script, as browsers write them |
| `account` | `veritem.vn@tra-cuu.top`: what stands before the `@` leads nowhere |
| `port` | `veritem.vn:8443` |
| `plain` | `http://veritem.vn`: symbols of ours say https |

>>> judge_host("HTTPS://VERITEM.VN/S/0D9F", ["VERITEM.VN"])
HostVerdict(kind='own', host='veritem.vn', reasons=())
>>> judge_host("http://veritem.vn.tra-cuu.top/S/0D9F", ["VERITEM.VN"])
HostVerdict(kind='lookalike', host='veritem.vn.tra-cuu.top', reasons=('inside',))
>>> judge_host("0D9FR H4K01 21V8Q 02M5T", ["VERITEM.VN"]).kind
'none'
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

HostKind = Literal["none", "own", "plain", "lookalike", "foreign"]
"""`none`: the text has no address. `plain`: our host, without https."""

_ADDRESS: Final = re.compile(r"([a-z][a-z0-9+.-]*):[/\\]{2}([^/?#\s\\]+)", re.IGNORECASE)
_BARE: Final = re.compile(r"^\s*([^/?#\s\\()]+\.[^/?#\s\\()]+)[/\\]")
_SYMBOLOGY: Final = re.compile(r"^\s*\][A-Za-z][0-9A-Za-z]")
_USUAL_PORTS: Final = {"https": ":443", "http": ":80"}
_MOST_ADDRESSES: Final = 4
_LONGEST_TEXT: Final = 2048
_NEAR: Final = 2
"""Letters that are added, left out or changed in a name that resembles ours."""
_SHORTEST_NAME: Final = 4
_ALIKE: Final = str.maketrans(
    "01358ijl|\u0131\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455"
    "\u0442\u043c\u043d\u043a\u0432\u03bf\u03b1\u03b5\u03b9\u03bd\u03c1\u03c4\u03c5\u03ba",
    "olesblllll" + "aeopcyxlls" + "tmhkb" + "oaelvptuk",
)
"""Digits and letters of other scripts, and the letter that each is read as."""
_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("-", ""))


class HostVerdict(NamedTuple):
    """Whose address a text names."""

    kind: HostKind
    host: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether a code may be taken from the text."""
        return self.kind in ("none", "own")


def judge_host(text: str, hosts: Sequence[str], *, scheme: str = "https") -> HostVerdict:
    """Judge the addresses in a text by our own hosts; of several, the worst counts."""
    verdicts = [
        _judge(named, authority, [host.lower() for host in hosts], scheme)
        for named, authority in _find_addresses(text)
    ]
    order = ("own", "plain", "foreign", "lookalike")
    return max(verdicts, key=lambda one: order.index(one.kind), default=HostVerdict("none"))


def _find_addresses(text: str) -> Iterator[tuple[str, str]]:
    """Scheme (empty without one) and authority of each address in a text."""
    text = _SYMBOLOGY.sub("", text[:_LONGEST_TEXT])
    found = _ADDRESS.findall(text)
    if not found and (bare := _BARE.match(text)) is not None:
        found = [("", bare[1])]
    yield from found[:_MOST_ADDRESSES]


def _judge(scheme: str, authority: str, own: Sequence[str], wanted: str) -> HostVerdict:
    account, _, rest = authority.rpartition("@")
    host = rest.lower().removesuffix(_USUAL_PORTS.get(scheme.lower(), ":443")).rstrip(".")
    if not account and host in own:
        is_plain = scheme != "" and scheme.lower() not in (wanted, "https")
        return HostVerdict("plain", host, ("plain",)) if is_plain else HostVerdict("own", host)
    reasons = list(dict.fromkeys(_find_likeness(host, own)))
    if account:
        reasons.append("account")
    return HostVerdict("lookalike" if reasons else "foreign", host, tuple(reasons))


def _find_likeness(host: str, own: Sequence[str]) -> Iterator[str]:
    if any(label.startswith("xn--") for label in host.split(".")):
        yield "punycode"
    name = host.partition(":")[0].rstrip(".")
    plain = _to_skeleton(name)
    for ours in own:
        bare = ours.partition(":")[0]
        if name == bare:
            yield "port"
            continue
        wanted = _to_skeleton(bare)
        labels = [label for label in bare.split(".") if label.isalpha()]
        longest = _to_skeleton(max(labels, key=len, default=""))
        is_name = len(longest) >= _SHORTEST_NAME
        if is_name and _measure_distance(plain, wanted) <= _NEAR:
            yield "letters"
        elif is_name and longest in plain:
            yield "inside"


def _to_skeleton(name: str) -> str:
    """A name with letters that look alike made one (compare Unicode UTS 39, section 4)."""
    decomposed = unicodedata.normalize("NFKD", name)
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    plain = bare.casefold().translate(_ALIKE)
    for pair, letter in _PAIRS:
        plain = plain.replace(pair, letter)
    return plain


def _measure_distance(first: str, second: str) -> int:
    """Letters to add, leave out or change (Levenshtein); early out for unlike lengths."""
    if abs(len(first) - len(second)) > _NEAR:
        return _NEAR + 1
    row = list(range(len(second) + 1))
    for at, letter in enumerate(first, 1):
        above, row = row, [at]
        for column, other in enumerate(second, 1):
            change = above[column - 1] + (letter != other)
            row.append(min(change, above[column] + 1, row[-1] + 1))
    return row[-1]
