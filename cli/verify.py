"""`veritem verify`: is this stamp, picture, sheet or bundle what it says it is?"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import orjson
import typer

from cli.context import ConfigFile, opened, run
from cli.output import Json, Refused, answers, facts, progress, say, table
from cli.serving import opening_keys, published_keys
from cli.settings import read_settings
from issuer.manifest import FORMAT, Manifest
from ledger import Ledger
from ledger.errors import UnknownBatch
from printing import BundleProgress, check_files, decode_image, decode_pdf, verify_manifest
from resolver.urls import StampRequest, parse_target
from stamps import serial_range
from stamps.code import format_code, parse_code
from stamps.errors import BadSignature, MalformedCode, UnknownCode
from stamps.key_ring import KeyRing
from stamps.signature import PublicKeys
from stamps.spans import SpanOutOfRange

_PICTURES: Final = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif"}


@dataclass(frozen=True)
class Checked:
    """What was found out about one stamp."""

    text: str
    ok: bool
    result: str
    """`issued`, `signed` (offline), or the slug of why not."""
    code: str | None = None
    roll: str | None = None
    state: str | None = None
    lot: str | None = None
    signature: str | None = None
    why: str | None = None


def verify(
    what: Annotated[
        str, typer.Argument(metavar="CODE|URI|IMAGE|PDF|MANIFEST", help="What to check.")
    ],
    offline: Annotated[
        bool, typer.Option("--offline", help="By signatures alone; needs only public keys.")
    ] = False,
    keys: Annotated[Path | None, typer.Option(help="The issuer's public keys (JWK set).")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Check a stamp, every symbol of a picture or sheet, or a manifest. Exits 1 if not all is well.

    Online, codes are opened with the keys of this installation and looked up in its ledger.
    Offline, signatures are checked by the public keys: they prove origin, not uniqueness.
    """
    path = Path(what)
    if path.suffix.lower() == ".json" and path.is_file():
        _manifest(path, keys, file, as_json)
        return
    texts = list(_symbols(path)) if path.is_file() else [what]
    if not texts:
        raise Refused(why=f"no symbol can be read in {path}")
    if offline:
        public = _public(keys, file)
        checked = [_offline(text, public) for text in texts]
    else:
        checked = run(_online(texts, file))
    _say(checked, as_json)
    if not all(one.ok for one in checked):
        raise typer.Exit(1)


def _symbols(path: Path) -> Iterator[str]:
    if path.suffix.lower() == ".pdf":
        yield from decode_pdf(path)
    elif path.suffix.lower() in _PICTURES:
        yield from decode_image(path)
    else:
        raise Refused(why=f"{path} is neither a picture, a PDF nor a manifest (.json)")


def _asked(text: str) -> StampRequest:
    """What a code, address or Digital Link names."""
    if "://" not in text:
        code, _, signature = text.partition(".")
        return StampRequest(code, signature or None)
    parts = urlsplit(text)
    return parse_target(f"{parts.path}?{parts.query}") or StampRequest(text)


def _offline(text: str, keys: PublicKeys) -> Checked:
    asked = _asked(text)
    try:
        code = parse_code(asked.code)
        if asked.signature is None:
            why = "it carries no signature: a sealed stamp can only be checked online"
            return Checked(text, False, "no-signature", code, why=why)
        keys.verify(code, asked.signature)
    except (MalformedCode, BadSignature) as error:
        return Checked(text, False, error.code, why=str(error))
    return Checked(text, True, "signed", code, signature="good")


async def _online(texts: list[str], file: Path | None) -> list[Checked]:
    async with opened(file) as (settings, ledger):
        ring, public, _ = opening_keys(settings)
        return [await _look_up(text, ring, public, ledger) for text in texts]


async def _look_up(text: str, ring: KeyRing, public: PublicKeys, ledger: Ledger) -> Checked:
    asked = _asked(text)
    try:
        code = parse_code(asked.code)
        stamp = ring.open(code)
        if asked.signature is not None:
            public.verify(code, asked.signature)
        span = await ledger.transitions.get_span(stamp.batch, stamp.index)
    except (UnknownBatch, SpanOutOfRange):
        return Checked(text, False, UnknownCode.code, why=str(UnknownCode()))
    except (MalformedCode, UnknownCode, BadSignature) as error:
        return Checked(text, False, error.code, why=str(error))
    return Checked(
        text,
        True,
        "issued",
        code,
        serial_range.format_serial_range(stamp.batch, stamp.index, stamp.index + 1),
        span.state,
        span.lot,
        "good" if asked.signature else None,
    )


def _manifest(path: Path, keys: Path | None, file: Path | None, as_json: bool) -> None:
    content, public = path.read_bytes(), _public(keys, file)
    try:
        told: Any = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Refused(why=f"{path} is not JSON: {error}") from error
    if isinstance(told, dict) and told.get("manifest", {}).get("format") == FORMAT:
        manifest = Manifest.parse(content, public)
        say(
            {"ok": True, **manifest.to_document()},
            as_json,
            lambda: facts("A batch's manifest, signed by the issuer", manifest.to_document()),
        )
        return
    verify_manifest(content, public.to_jwks())
    with progress("checking files", as_json) as step:

        def told_of(made: BundleProgress) -> None:
            step(made.done, made.total)

        check_files(content, path.parent, told_of)
    stamps = serial_range.format_serial_range(told["batch"], told["first"], told["last"] + 1)
    document = {"ok": True, "roll": stamps, "count": told["count"], "files": len(told["parts"])}
    say(
        document,
        as_json,
        lambda: facts(
            "A bundle, signed by the issuer; every file is as it was written",
            {"stamps": stamps, "count": told["count"], "files": len(told["parts"])},
        ),
    )


def _public(keys: Path | None, file: Path | None) -> PublicKeys:
    if keys is not None:
        try:
            document = orjson.loads(keys.read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise Refused(why=f"{keys} is not a readable JWK set") from error
        return PublicKeys.from_jwks(document)

    return published_keys(read_settings(file))


def _say(checked: list[Checked], as_json: bool) -> None:
    good = sum(one.ok for one in checked)
    document = {
        "ok": good == len(checked),
        "stamps": len(checked),
        "good": good,
        "results": [
            {name: value for name, value in asdict(one).items() if value is not None}
            for one in checked
        ],
    }

    def lines() -> None:
        if len(checked) == 1:
            (one,) = checked
            title = "[green]Good[/]" if one.ok else f"[red]Not good[/]: {one.why}"
            shown = {
                "code": one.code and format_code(one.code),
                "stamp": one.roll,
                "state": one.state,
                "lot": one.lot,
                "signature": one.signature,
            }
            facts(title, {name: value for name, value in shown.items() if value})
            return
        counted = Counter((one.result, one.state or "") for one in checked)
        table("Symbols", ("result", "state", "stamps"), ((*key, n) for key, n in counted.items()))
        for one in checked:
            if not one.ok:
                answers.print(f"[red]•[/] {one.text}: {one.why}", highlight=False, soft_wrap=True)
        answers.print(f"{good} of {len(checked)} are good.")

    say(document, as_json, lines)
