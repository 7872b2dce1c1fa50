"""Symbols, labels, sheets and bundles for print houses.

Hand in a `PrintRun` (a span of a batch and the functions that make its codes), choose a `Design`
and a layout (`Sheet`, `Roll`), and get the same bytes every time::

    write_whole(path, label_pdf(run, SEALED, Sheet(), run.lo, run.hi).stream())

Nothing here touches the ledger, the issuer, settings or the network.
"""

from printing.design import Design
from printing.design import load as load_design
from printing.designs import BUILT_IN, SEALED, SIGNED
from printing.files import Written, write_whole
from printing.layout import Layout, Roll, Sheet
from printing.lists import lines
from printing.pdf import LabelPdf, label_pdf
from printing.readback import decode_image, decode_pdf
from printing.run import PrintRun, Stamps
from printing.symbols import Level, Symbols, learn

__all__ = [
    "BUILT_IN",
    "SEALED",
    "SIGNED",
    "Design",
    "LabelPdf",
    "Layout",
    "Level",
    "PrintRun",
    "Roll",
    "Sheet",
    "Stamps",
    "Symbols",
    "Written",
    "decode_image",
    "decode_pdf",
    "label_pdf",
    "learn",
    "lines",
    "load_design",
    "write_whole",
]
