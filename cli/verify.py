"""`veritem verify`: check a stamp, picture, sheet, manifest, bundle, case file or publication."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.context import ConfigFile, open_installation, read_input, run_async
from cli.opening_keys import load_opening_keys, load_public_keys, read_json_object
from cli.output import (
    CommandRefused,
    Json,
    print_fields,
    print_line,
    print_result,
    print_table,
    show_progress,
)
from cli.settings import read_settings
from issuer.case_file import parse_case_file
from issuer.manifest import FORMAT, Manifest
from issuer.publication import check_publication
from printing import (
    BundleProgress,
    check_files,
    decode_image,
    decode_pdf,
    is_picture,
    verify_manifest,
)
from services.stamps.code_verification import StampCheck, check_signature, check_stamp
from stamps import serial_range
from stamps.code import format_code
from stamps.signature import PublicKeys
from traceability.stamp_reader import StampReference, read_stamp

_PDF_HEADER: Final = 1024
"""Bytes in which a PDF says that it is one (ISO 32000, annex H)."""


def verify(
    what: Annotated[str, typer.Argument(metavar="CODE|URI|IMAGE|PDF|JSON", help="What to check.")],
    offline: Annotated[
        bool, typer.Option("--offline", help="By signatures alone; needs only public keys.")
    ] = False,
    keys: Annotated[Path | None, typer.Option(help="The issuer's public keys (JWK set).")] = None,
    file: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Check a stamp, every symbol of a picture or sheet, a manifest, a case file or a publication.

    Exits 1 if one is not good.

    Online, codes are opened with the keys of this installation and looked up in its ledger.
    Offline, signatures are checked with the public keys; they prove origin, not uniqueness.
    """
    path = Path(what)
    is_file = _is_file(path)
    if is_file and path.suffix.lower() == ".json":
        _verify_manifest(path, keys, file, as_json)
        return
    texts = list(_decode_symbols(path)) if is_file else [what]
    if not texts:
        raise CommandRefused(why=f"no symbol can be read in {path}")
    stamps = [read_stamp(text) for text in texts]
    if offline:
        public = _load_public_keys(keys, file)
        checks = [check_signature(stamp.code, stamp.signature, public) for stamp in stamps]
    else:
        checks = run_async(_check_online(stamps, file))
    _print_checks(texts, checks, as_json)
    if not all(check.is_good for check in checks):
        raise typer.Exit(1)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # an address is too long for a name, or has characters of none
        return False


def _decode_symbols(path: Path) -> Iterator[str]:
    """The symbols of a PDF or picture, which its content tells: phones and mail rename files."""
    if read_input(path)[:_PDF_HEADER].find(b"%PDF-") >= 0:
        yield from decode_pdf(path)
    elif is_picture(path):
        yield from decode_image(path)
    else:
        raise CommandRefused(why=f"{path} is neither a picture, a PDF nor a manifest (.json)")


async def _check_online(stamps: Sequence[StampReference], file: Path | None) -> list[StampCheck]:
    async with open_installation(file) as (settings, ledger):
        keys = load_opening_keys(settings)
        return [
            await check_stamp(
                ledger, keys.ring, keys.public, stamp.code, stamp.signature, stamp.gtin
            )
            for stamp in stamps
        ]


def _load_public_keys(keys: Path | None, file: Path | None) -> PublicKeys:
    if keys is not None:
        return PublicKeys.from_jwks(read_json_object(keys))
    return load_public_keys(read_settings(file))


def _verify_manifest(path: Path, keys: Path | None, file: Path | None, as_json: bool) -> None:
    content, public = read_input(path), _load_public_keys(keys, file)
    document: Any = read_json_object(path)
    if "case" in document:
        _print_case(parse_case_file(content, public), as_json)
        return
    if (publication := _find_publication(document)) is not None:
        _print_publication(publication, check_publication(publication, public), as_json)
        return
    signed = document.get("manifest")
    if isinstance(signed, dict) and signed.get("format") == FORMAT:
        fields = Manifest.parse(content, public).to_document()
        print_result(
            {"ok": True, **fields},
            as_json,
            lambda: print_fields("A batch's manifest, signed by the issuer", fields),
        )
        return
    verify_manifest(content, public.to_jwks())
    with show_progress("checking files", as_json) as report:

        def report_files(progress: BundleProgress) -> None:
            report(progress.done, progress.total)

        check_files(content, path.parent, report_files)
    fields = {
        "range": serial_range.format_serial_range(
            document["batch"], document["first"], document["last"] + 1
        ),
        "count": document["count"],
        "files": len(document["parts"]),
    }
    print_result(
        {"ok": True, **fields},
        as_json,
        lambda: print_fields("A bundle, signed by the issuer; its files are unchanged", fields),
    )


def _print_case(case: Mapping[str, Any], as_json: bool) -> None:
    fields = {
        "case": case["id"],
        "state": case["state"],
        "cause": case["cause"],
        "scans": len(case["scans"]),
        "exported_at": case["exported_at"],
        "exported_by": case["exported_by"],
    }
    print_result(
        {"ok": True, **fields},
        as_json,
        lambda: print_fields("A case file, signed by the issuer and unchanged since", fields),
    )


def _find_publication(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The publication that a document is, or that the answer about a stamp has with its lot."""
    if "statement" in document:
        return document
    lot = document.get("lot")
    published = lot.get("publication") if isinstance(lot, dict) else None
    return published if isinstance(published, dict) else None


def _print_publication(
    publication: Mapping[str, Any], statement: Mapping[str, Any], as_json: bool
) -> None:
    record = publication["record"]
    tests, certificates = record.get("tests", ()), record.get("certificates", ())
    fields = {
        "lot": statement["lot"],
        "version": statement["version"],
        "SHA-256 of the record": statement["sha256"],
        "submitted by": statement["author"]["name"],
        "reviewed by": ", ".join(one["name"] or "–" for one in statement["reviewers"]),
        "test results": len(tests),
        "above their limits": sum(one["above_limit"] for one in tests),
        "tested by": ", ".join(sorted({one["name"] for one in tests})),
        "certified by": ", ".join(sorted({one["name"] for one in certificates})),
    }
    shown = {name: value for name, value in fields.items() if value != ""}
    print_result(
        {"ok": True, "statement": dict(statement)},
        as_json,
        lambda: print_fields("A published record, signed by the issuer and unchanged since", shown),
    )


def _print_checks(texts: Sequence[str], checks: Sequence[StampCheck], as_json: bool) -> None:
    good = sum(check.is_good for check in checks)
    document = {
        "ok": good == len(checks),
        "stamps": len(checks),
        "good": good,
        "results": [
            {"text": text, **_to_document(check)} for text, check in zip(texts, checks, strict=True)
        ],
    }

    def render() -> None:
        if len(checks) == 1:
            _render_check(checks[0])
            return
        counted = Counter((check.result, check.state or "") for check in checks)
        print_table(
            "Symbols", ("result", "state", "stamps"), [(*key, n) for key, n in counted.items()]
        )
        for text, check in zip(texts, checks, strict=True):
            if not check.is_good:
                print_line(("•", "red"), f" {text}: {check.why}")
        print_line(f"{good} of {len(checks)} are good.")

    print_result(document, as_json, render)


def _render_check(check: StampCheck) -> None:
    fields = {
        "code": check.code and format_code(check.code),
        "stamp": check.range,
        "state": check.state,
        "lot": check.lot,
        "signature": "good" if check.is_signed else None,
    }
    shown = {name: value for name, value in fields.items() if value}
    if check.is_good:
        print_fields("Good", shown, style="green")
    else:
        print_fields(f"Not good: {check.why}", shown, style="red")


def _to_document(check: StampCheck) -> dict[str, Any]:
    fields = {
        "ok": check.is_good,
        "result": check.result,
        "code": check.code,
        "range": check.range,
        "state": check.state,
        "lot": check.lot,
        "signature": "good" if check.is_signed else None,
        "why": check.why,
    }
    return {name: value for name, value in fields.items() if value is not None}
