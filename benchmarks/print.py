"""Printing: QR symbols, PDF labels and list lines per second, peak memory, readability.

Rates are of processor time on one core, so that other work on the machine does not count; nothing
here waits for disk or network.

The product encodes sealed codes into packed matrices. segno, python-qrcode and zxing-cpp encode the
same URIs at the same error correction level (the first two also with the same mask). Labels are the
built-in design on A4, including sealing; the peer draws the same label with segno and reportlab.
"""

import dataclasses
import hashlib
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.degrade import TREATMENTS, survivors
from benchmarks.figures import Figure
from benchmarks.peers import encoders, reportlab_labels
from benchmarks.plan import Plan
from benchmarks.work import compare_work, measure_rate
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


def make_print_run(count: int, **changes: object) -> PrintRun:
    """A print run of sealed codes."""
    run = PrintRun(
        BATCH, 0, count, "VERITEM.VN", "sealed", None, lambda lo, hi: _RING.seal(BATCH, lo, hi)
    )
    return dataclasses.replace(run, **changes)  # type: ignore[arg-type]  # fields by name


def run(plan: Plan) -> Iterator[Figure]:
    """Measure all figures of this name."""
    rounds = 3 if plan.quick else 7
    yield _measure_symbols(plan, rounds)
    yield _measure_pdf_labels(plan, rounds)
    yield _measure_csv_lines(plan, rounds)
    yield _measure_peak_memory(1_000_000 if plan.quick else TEN_MILLION)
    yield from _measure_readability(44 if plan.quick else 120)


def prepare_symbols(count: int) -> Callable[[], object]:
    """Work that encodes `count` QR symbols."""
    job = make_print_run(count)
    engine, variable = learn_encoder(job.payload, "M"), job.stamps(0, count).variable
    return lambda: engine.encode_packed(variable)


def prepare_pdf_labels(count: int) -> Callable[[], object]:
    """Work that draws `count` labels into a PDF."""
    pdf = compose_label_pdf(make_print_run(count), SEALED_DESIGN, SheetLayout(), 0, count)
    return lambda: sum(map(len, pdf.stream()))


def prepare_csv_lines(count: int) -> Callable[[], object]:
    """Work that writes `count` lines of a code list."""
    job = make_print_run(count)
    return lambda: sum(map(len, stream_code_list(job, "csv", 0, count)))


def _measure_symbols(plan: Plan, rounds: int) -> Figure:
    job = make_print_run(3000)
    engine = learn_encoder(job.payload, "M")
    variable = job.stamps(0, 3000).variable
    texts = [fill_payload(job.payload, bytes(row).decode()) for row in variable]
    few, version, mask = texts[:200], engine.version, engine.mask
    peers = {
        "segno": lambda: measure_rate(600, lambda: encoders.segno(texts[:600], mask)),
        "segno_mask_search": lambda: measure_rate(200, lambda: encoders.segno(few, None)),
        "qrcode": lambda: measure_rate(200, lambda: encoders.qrcode(few, version, mask)),
        "zxing_cpp": lambda: measure_rate(3000, lambda: encoders.zxing_cpp(texts)),
    }
    return compare_work(plan, "print.symbols", "symbols/s", 400_000, peers, rounds)


def _measure_pdf_labels(plan: Plan, rounds: int) -> Figure:
    few = 220
    job = make_print_run(few)
    texts = [fill_payload(job.payload, bytes(row).decode()) for row in job.stamps(0, few).variable]
    mask = SEALED_DESIGN.make_encoder(job.payload).mask

    def segno_reportlab() -> float:
        return measure_rate(few, lambda: reportlab_labels.draw(texts, mask, SEALED_DESIGN))

    peers = {"segno_reportlab": segno_reportlab}
    return compare_work(plan, "print.pdf_labels", "labels/s", 132_000, peers, rounds)


def _measure_csv_lines(plan: Plan, rounds: int) -> Figure:
    few = 100_000
    job = make_print_run(few)
    peers = {"csv_module": lambda: measure_rate(few, lambda: encoders.csv_module(job, few))}
    return compare_work(plan, "print.csv_lines", "lines/s", 1_000_000, peers, rounds)


def _measure_peak_memory(count: int) -> Figure:
    """Peak resident memory of streaming a bundle of ``count`` stamps, in a process of its own."""
    peaks = {}
    for form in ("pdf", "csv"):
        command = (
            f"from benchmarks.print import print_peak_memory; print_peak_memory({form!r}, {count})"
        )
        answer = subprocess.run(
            [sys.executable, "-c", command], check=True, capture_output=True, text=True
        )
        peaks[form] = float(answer.stdout)
    return Figure("print.peak_mb", max(peaks.values()), f"MB for {count:,} stamps")


def print_peak_memory(form: str, count: int) -> None:
    """Stream a whole bundle through SHA-256 and print the peak resident memory in MB."""
    bundle = Bundle(make_print_run(count), form, SEALED_DESIGN)  # type: ignore[arg-type]  # a literal, by argument
    digest = hashlib.sha256()
    for part in bundle.parts:
        for piece in bundle.stream(part):
            digest.update(piece)
    # Linux counts kibibytes.
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


def _measure_readability(count: int) -> Iterator[Figure]:
    signed = make_print_run(count // 2, grade="signed", sign=_make_signatures)
    jobs = (
        (
            "sealed, level M",
            make_print_run(count),
            dataclasses.replace(SEALED_DESIGN, raise_level=False),
        ),
        (
            "sealed, level Q",
            make_print_run(count),
            SEALED_DESIGN,
        ),  # as printed: Q needs no larger symbol
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


def _make_signatures(codes: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
    """Return signatures of the right form; printing does not need valid ones."""
    raw = b"".join(hashlib.sha512(code).digest() for code in codes.tolist())
    return signature.encode_signatures(np.frombuffer(raw, np.uint8).reshape(len(codes), 64))
