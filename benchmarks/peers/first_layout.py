"""The commands of `benchmarks.subject` for checkouts without that module.

Uses the module names of tag `before-issue-12` and earlier commits. `Checkout` runs this file by its
path with the other checkout on the import path; nothing here imports this checkout.
"""
# mypy: ignore-errors
# ruff: noqa: D103

import asyncio
import json
import sys
import time
from pathlib import Path

import orjson


def furnish(argument):
    from benchmarks.resolving import furnish

    print(asyncio.run(furnish(argument["ledger"], argument["stamps"])))


def serve(argument):
    from benchmarks.resolving import PUBLIC, RING, SECRET
    from resolver import ResolverSettings, serve
    from stamps.rules import Rules

    redis = argument["redis"]
    settings = ResolverSettings(
        ledger=argument["ledger"],
        memory="memory://" if argument.get("embedded") else redis,
        journal=redis,
        workers=argument.get("workers", 1),
        port=0,
        admin_port=0,
    )
    serve(
        settings,
        keys=RING,
        public_keys=PUBLIC,
        rules=Rules,
        secret=SECRET,
        ready=lambda url, _: print(url, flush=True),
    )


def bodies(argument):
    from benchmarks.resolving import SECRET
    from resolver.tokens import Tokens

    tokens, at = Tokens(SECRET, 3_600), int(time.time() * 1000)
    codes = Path(argument["codes"]).read_text().split()
    with Path(argument["out"]).open("wb") as out:
        for number in range(argument["first"], argument["first"] + argument["count"]):
            code = codes[number * 7919 % len(codes)]
            body = {"code": code, "token": tokens.make(code, at), "place": None}
            out.write(orjson.dumps(body) + b"\n")
    print("null")


def rates(_):
    from benchmarks.issue import _ring
    from benchmarks.print import a_run
    from issuer import Signer
    from printing import SEALED, Sheet, label_pdf, learn, lines

    def sealing(count):
        ring = _ring()
        return lambda: ring.seal(7, 0, count)

    def signing(count):
        ring, signer = _ring(), Signer({0: bytes(range(32, 64))})
        return lambda: signer.sign_codes(ring.seal(7, 0, count))

    def symbols(count):
        job = a_run(count)
        engine, variable = learn(job.payload, "M"), job.stamps(0, count).variable
        return lambda: engine.packed(variable)

    def pdf_labels(count):
        pdf = label_pdf(a_run(count), SEALED, Sheet(), 0, count)
        return lambda: sum(map(len, pdf.stream()))

    def csv_lines(count):
        job = a_run(count)
        return lambda: sum(map(len, lines(job, "csv", 0, count)))

    work = {
        "issue.sealed": sealing,
        "issue.signed": signing,
        "print.symbols": symbols,
        "print.pdf_labels": pdf_labels,
        "print.csv_lines": csv_lines,
    }
    prepared = {}
    for line in sys.stdin:
        name, count = line.split()
        if line not in prepared:
            prepared[line] = work[name](int(count))
        start = time.process_time()
        prepared[line]()
        print(int(count) / (time.process_time() - start), flush=True)


def replay(argument):
    from cli.replay import judged, uncollected, write

    clock, processor = time.perf_counter(), time.process_time()
    with (
        Path(argument["scans"]).open("rb") as scans,
        Path(argument["answers"]).open("wb") as answers,
        uncollected(),
    ):
        write(judged(scans), answers)
    processor = time.process_time() - processor
    print(json.dumps({"processor": processor, "clock": time.perf_counter() - clock}))


if __name__ == "__main__":
    globals()[sys.argv[1]](json.loads(sys.argv[2]))
