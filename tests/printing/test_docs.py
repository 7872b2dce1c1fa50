"""Examples in docs/printing.md: the product parses them, and stated sizes are right."""

import re
import tomllib
from pathlib import Path
from typing import get_args

from printing import (
    BundleFormat,
    compose_label_pdf,
    decode_pdf,
    learn_encoder,
    parse_report,
    write_atomically,
)
from printing.labels.design import LEAST_MODULE_UM, PLACEHOLDER_WIDTHS, parse_design
from printing.labels.layout import RollLayout
from tests.printing.support import pins, uris

PAGE = (Path(__file__).parents[2] / "docs/printing.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    return re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_example_design_prints_and_decodes(make_run, tmp_path) -> None:
    design = parse_design(tomllib.loads(block("toml")))
    run = make_run(hi=6, pins=pins)
    path = tmp_path / "label.pdf"
    write_atomically(path, compose_label_pdf(run, design, RollLayout(2), 0, 6).stream())
    assert sorted(decode_pdf(path)) == sorted(uris(run, 0, 6))


def test_both_example_reports_are_equal() -> None:
    reports = [
        parse_report(block(kind).encode(), batch=17, lo=0, hi=10_000) for kind in ("csv", "jsonl")
    ]
    assert [(s.state, s.lo, s.hi, s.reason) for s in reports[0].spans] == [
        (s.state, s.lo, s.hi, s.reason) for s in reports[1].spans
    ]


def test_every_format_placeholder_and_limit_is_documented() -> None:
    for name in (
        *get_args(BundleFormat),
        *(f"{{{hole}}}" for hole in PLACEHOLDER_WIDTHS),
        str(LEAST_MODULE_UM),
    ):
        assert f"`{name}`" in PAGE or f"({name})" in PAGE, name


def test_the_documented_symbol_sizes_are_right(make_run) -> None:
    gtin = "08935000000014"
    for changes, modules in (
        ({}, 29),
        ({"grade": "signed"}, 41),
        ({"gtin": gtin}, 29),
        ({"gtin": gtin, "grade": "signed"}, 49),
    ):
        assert learn_encoder(make_run(**changes).payload).modules == modules
        assert f"{modules} × {modules}" in PAGE
