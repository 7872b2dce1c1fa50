"""Printing: QR symbols, labels, PDFs and bundles for print houses.

Pass a `PrintRun` (a serial range of a batch and the functions that make its codes), a format, a
`Design` and a layout, and write the bundle; after an interruption the same call resumes::

    bundle = Bundle(run, "pdf", SEALED_DESIGN, SheetLayout())
    write_bundle(bundle, directory, sign_manifest=sign, recipients=["age1…"])

`parse_report` reads what a print house reports back; `decode_pdf` reads what was printed.
The package opens no ledger, no issuer, no settings and no network connection.
"""

from printing.bundles.bundle import Bundle, BundleFormat, BundlePart, BundleProgress
from printing.bundles.code_list import stream_code_list
from printing.bundles.files import FileDigest, write_atomically
from printing.bundles.manifest import check_files, parse_manifest, verify_manifest
from printing.bundles.writer import write_bundle
from printing.labels.design import Design, load_design
from printing.labels.layout import Layout, RollLayout, SheetLayout
from printing.labels.specimen import draw_specimen
from printing.labels.standard_designs import (
    SEALED_DESIGN,
    SIGNED_DESIGN,
    STANDARD_DESIGNS,
    choose_standard_design,
)
from printing.pdf.document import LabelPdf, compose_label_pdf
from printing.print_report import PrintReport, ReportedSpan, parse_report
from printing.print_run import PrintRun, StampColumns
from printing.qr.decoder import decode_image, decode_pdf, is_picture
from printing.qr.encoder import SymbolEncoder, learn_encoder
from printing.qr.segno_encoder import Level

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
    "draw_specimen",
    "is_picture",
    "learn_encoder",
    "load_design",
    "parse_manifest",
    "parse_report",
    "stream_code_list",
    "verify_manifest",
    "write_atomically",
    "write_bundle",
]
