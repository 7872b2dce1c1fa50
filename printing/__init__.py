"""Symbols, labels, sheets and bundles for print houses.

Hand in a `PrintRun` (a span of a batch and the functions that make its codes), choose a format, a
`Design` and a layout, and have the bundle written; interrupted, the same call goes on::

    bundle = Bundle(run, "pdf", SEALED_DESIGN, SheetLayout())
    write_bundle(bundle, directory, sign_manifest=issuer_signs, recipients=["age1…"])

What a print house reports back is read by `parse_report`; what was printed, by `decode_pdf`.
Nothing here touches the ledger, the issuer, settings or the network.
"""

from printing.bundles.bundle import Bundle, BundleFormat, BundlePart, BundleProgress
from printing.bundles.code_list import stream_code_list
from printing.bundles.files import FileDigest, write_atomically
from printing.bundles.manifest import check_files, parse_manifest, verify_manifest
from printing.bundles.writer import write_bundle
from printing.labels.design import Design, load_design
from printing.labels.layout import Layout, RollLayout, SheetLayout
from printing.labels.standard_designs import (
    SEALED_DESIGN,
    SIGNED_DESIGN,
    STANDARD_DESIGNS,
    choose_standard_design,
)
from printing.pdf.document import LabelPdf, compose_label_pdf
from printing.print_report import PrintReport, ReportedSpan, parse_report
from printing.print_run import PrintRun, StampColumns
from printing.qr.decoder import decode_image, decode_pdf
from printing.qr.encoder import Level, SymbolEncoder, learn_encoder

__all__ = [
    "SEALED_DESIGN",
    "SIGNED_DESIGN",
    "STANDARD_DESIGNS",
    "Bundle",
    "BundleFormat",
    "BundlePart",
    "BundleProgress",
    "Design",
    "FileDigest",
    "LabelPdf",
    "Layout",
    "Level",
    "PrintReport",
    "PrintRun",
    "ReportedSpan",
    "RollLayout",
    "SheetLayout",
    "StampColumns",
    "SymbolEncoder",
    "check_files",
    "choose_standard_design",
    "compose_label_pdf",
    "decode_image",
    "decode_pdf",
    "learn_encoder",
    "load_design",
    "parse_manifest",
    "parse_report",
    "stream_code_list",
    "verify_manifest",
    "write_atomically",
    "write_bundle",
]
