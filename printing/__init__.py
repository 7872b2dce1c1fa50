"""Symbols, labels, sheets and bundles for print houses.

Hand in a `PrintRun` (a span of a batch and the functions that make its codes), choose a format, a
`Design` and a layout, and have the bundle written; interrupted, the same call goes on::

    bundle = Bundle(run, "pdf", SEALED, Sheet())
    write_bundle(bundle, directory, sign_manifest=issuer_signs, recipients=["age1…"])

What a print house reports back is read by `read_report`; what was printed, by `decode_pdf`.
Nothing here touches the ledger, the issuer, settings or the network.
"""

from printing.bundle import Bundle, Format, Part, Progress
from printing.delivery import write_bundle
from printing.design import Design
from printing.design import load as load_design
from printing.designs import BUILT_IN, SEALED, SIGNED, fitting
from printing.files import Written, write_whole
from printing.layout import Layout, Roll, Sheet
from printing.lists import lines
from printing.manifest import check_files, read_manifest, verify_manifest
from printing.pdf import LabelPdf, label_pdf
from printing.readback import decode_image, decode_pdf
from printing.report import PrintReport, Reported, read_report
from printing.run import PrintRun, Stamps
from printing.symbols import Level, Symbols, learn

__all__ = [
    "BUILT_IN",
    "SEALED",
    "SIGNED",
    "Bundle",
    "Design",
    "Format",
    "LabelPdf",
    "Layout",
    "Level",
    "Part",
    "PrintReport",
    "PrintRun",
    "Progress",
    "Reported",
    "Roll",
    "Sheet",
    "Stamps",
    "Symbols",
    "Written",
    "check_files",
    "decode_image",
    "decode_pdf",
    "fitting",
    "label_pdf",
    "learn",
    "lines",
    "load_design",
    "read_manifest",
    "read_report",
    "verify_manifest",
    "write_bundle",
    "write_whole",
]
