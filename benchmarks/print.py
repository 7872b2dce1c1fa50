"""Printing at press speed: symbols, labels and lines, beside the encoders that people use.

Every rate is of finished work in a second of processor time on one core, so that other work on the
machine counts neither for nor against anybody; nothing here waits for disk or network.

Ours takes codes as the issuer seals them and gives packed matrices; segno, python-qrcode and
zxing-cpp take the same URIs and level (and the first two the same fixed mask) and give theirs.
Labels are the built-in design on A4, sealing included; the peer draws the same label with segno
and reportlab.
"""

import dataclasses
import hashlib
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.degrade import TREATMENTS, survivors
from benchmarks.figure import Figure, compare, interleaved
from benchmarks.peers import encoders, reportlab_labels
from printing import (
    SEALED_DESIGN,
    SIGNED_DESIGN,
    Bundle,
    PrintRun,
    SheetLayout,
    compose_label_pdf,
    learn_encoder,
    stream_code_list,
)
from printing.qr.payload import fill_payload
from stamps import signature
from stamps.key_ring import EpochKeys, KeyRing

BATCH: Final = 17
TEN_MILLION: Final = 10_000_000
_RING: Final = KeyRing([EpochKeys.derive(1, bytes(range(32)))])


def a_run(count: int, **changes: object) -> PrintRun:
    """A run of really sealed codes."""
    run = PrintRun(
        BATCH, 0, count, "VERITEM.VN", "sealed", None, lambda lo, hi: _RING.seal(BATCH, lo, hi)
    )
    return dataclasses.replace(run, **changes)  # type: ignore[arg-type]  # fields by name


def run(quick: bool) -> Iterator[Figure]:
    """All figures of this name."""
    rounds = 3 if quick else 7
    yield _symbols(rounds)
    yield _pdf_labels(rounds)
    yield _csv_lines(rounds)
    yield _peak(1_000_000 if quick else TEN_MILLION)
    yield from _read_after_damage(44 if quick else 120)


def _rate(count: int, work: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        start = time.process_time()
        work()
        return count / (time.process_time() - start)

    return run


def _symbols(rounds: int) -> Figure:
    count = 400_000
    job = a_run(count)
    engine = learn_encoder(job.payload, "M")
    variable = job.stamps(0, count).variable
    few = [fill_payload(job.payload, bytes(row).decode()) for row in variable[:3000]]
    _, rates = interleaved(
        {
            "veritem": _rate(count, lambda: engine.packed(variable)),
            "segno": _rate(600, lambda: encoders.segno(few[:600], engine.mask)),
            "segno_mask_search": _rate(200, lambda: encoders.segno(few[:200], None)),
            "qrcode": _rate(200, lambda: encoders.qrcode(few[:200], engine.version, engine.mask)),
            "zxing_cpp": _rate(3000, lambda: encoders.zxing_cpp(few)),
        },
        rounds,
    )
    return compare("print.symbols", "symbols/s", rates)


def _pdf_labels(rounds: int) -> Figure:
    count, few = 132_000, 220
    job = a_run(count)
    pdf = compose_label_pdf(job, SEALED_DESIGN, SheetLayout(), 0, count)
    texts = [fill_payload(job.payload, bytes(row).decode()) for row in job.stamps(0, few).variable]
    mask = SEALED_DESIGN.engine(job.payload).mask
    _, rates = interleaved(
        {
            "veritem": _rate(count, lambda: sum(map(len, pdf.stream()))),
            "segno_reportlab": _rate(
                few, lambda: reportlab_labels.draw(texts, mask, SEALED_DESIGN)
            ),
        },
        rounds,
    )
    return compare("print.pdf_labels", "labels/s", rates)


def _csv_lines(rounds: int) -> Figure:
    count, few = 1_000_000, 100_000
    job = a_run(count)
    _, rates = interleaved(
        {
            "veritem": _rate(count, lambda: sum(map(len, stream_code_list(job, "csv", 0, count)))),
            "csv_module": _rate(few, lambda: encoders.csv_module(job, few)),
        },
        rounds,
    )
    return compare("print.csv_lines", "lines/s", rates)


def _peak(count: int) -> Figure:
    """Peak resident memory of streaming a bundle of ``count`` stamps, in a process of its own."""
    peaks = {}
    for form in ("pdf", "csv"):
        command = f"from benchmarks.print import stream; stream({form!r}, {count})"
        answer = subprocess.run(
            [sys.executable, "-c", command], check=True, capture_output=True, text=True
        )
        peaks[form] = float(answer.stdout)
    return Figure("print.peak_mb", max(peaks.values()), f"MB for {count:,} stamps")


def stream(form: str, count: int) -> None:
    """Stream a whole bundle through SHA-256 and print the peak resident memory in MB."""
    bundle = Bundle(a_run(count), form, SEALED_DESIGN)  # type: ignore[arg-type]  # a literal, by argument
    digest = hashlib.sha256()
    for part in bundle.parts:
        for piece in bundle.stream(part):
            digest.update(piece)
    # Linux counts kibibytes.
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


def _read_after_damage(count: int) -> Iterator[Figure]:
    signed = a_run(count // 2, grade="signed", sign=_signatures)
    jobs = (
        ("sealed, level M", a_run(count), dataclasses.replace(SEALED_DESIGN, raise_level=False)),
        ("sealed, level Q", a_run(count), SEALED_DESIGN),  # as printed: Q needs no larger symbol
        ("signed, level M", signed, SIGNED_DESIGN),
    )
    for name, job, design in jobs:
        for treatment in TREATMENTS:
            share = f" {treatment.damage:.0%}" if treatment.damage else ""
            yield Figure(
                f"print.readable[{name}, {treatment.name}{share}]",
                100 * survivors(job, design, treatment),
                "% decoded",
            )


def _signatures(codes: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
    """Letters of the right form and number; whether they verify is no matter of ink."""
    raw = b"".join(hashlib.sha512(code).digest() for code in codes.tolist())
    return signature.encode_signatures(np.frombuffer(raw, np.uint8).reshape(len(codes), 64))
