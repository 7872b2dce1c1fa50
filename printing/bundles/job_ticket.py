"""Job ticket: what the press must know, as JSON beside the files."""

from typing import Any

from printing.bundles.symbol_images import PRESS_DPI, dots_per_module
from printing.labels.design import Design
from printing.labels.layout import Layout
from printing.print_run import PrintRun
from printing.qr.encoder import SymbolEncoder
from printing.qr.payload import VariableField
from stamps import serial_range

_NOTES = {
    "vi": [
        "In đúng tỉ lệ 100 %, không co giãn; mã QR chỉ in một màu mực, không làm mịn cạnh.",
        "Giữ vùng trắng quanh mã QR; không phủ bóng, ép nhũ hay cấn bế lên mã.",
        "Mỗi tem in đúng một lần; tem hỏng phải được huỷ và báo lại theo số cuộn.",
    ],
    "en": [
        "Print at 100 %, never scaled; the symbol in one ink only, its edges never smoothed.",
        "Keep the quiet zone clear; no varnish, foil or die line on the symbol.",
        "Print each stamp once; destroy spoiled stamps and report them by serial range.",
    ],
}


def build_job_ticket(
    run: PrintRun, symbols: SymbolEncoder, design: Design, layout: Layout, form: str
) -> dict[str, Any]:
    """Build the ticket: what is printed, how much, in which sizes and inks."""
    document: dict[str, Any] = {
        "veritem": "job-ticket/1",
        "batch": run.batch,
        "stamps": run.count,
        "roll": serial_range.format_serial_range(run.batch, run.lo, run.hi),
        "grade": run.grade,
        "gtin": run.gtin,
        "format": form,
        "uri": _uri(run),
        "symbol": {
            "kind": "QR Code (ISO/IEC 18004)",
            "version": symbols.version,
            "level": symbols.level,
            "mask": symbols.mask,
            "modules": symbols.modules,
            "module_um": design.module_um,
            "side_mm": round(design.side_mm(symbols.modules), 3),
            "quiet_zone_mm": round(design.quiet_mm(), 3),
            "dots_per_module": {
                str(dpi): round(design.module_um / 25400 * dpi, 2) for dpi in (600, 1200, 2400)
            },
            "ink_cmyk_percent": list(design.ink),
        },
        "notes": _NOTES,
    }
    if form == "png":
        document["picture"] = {"dots_per_module": dots_per_module(design), "press_dpi": PRESS_DPI}
    if form == "pdf":
        imposition = layout.impose(design)
        document["label"] = {
            "design": design.name,
            "width_mm": design.width_mm,
            "height_mm": design.height_mm,
            "bleed_mm": design.bleed_mm,
            "pin_panel_mm": _panel(design),
            "inks_cmyk_percent": _inks(design),
        }
        document["layout"] = {
            "name": imposition.name,
            "page_mm": [round(imposition.width_mm, 3), round(imposition.height_mm, 3)],
            "labels_per_page": len(imposition.places),
            "order": imposition.order,
            "marks": imposition.marks,
        }
    return document


def _panel(design: Design) -> dict[str, float] | None:
    """Place of the scratch layer, from the label's top left corner."""
    if design.pin_panel is None:
        return None
    panel = design.pin_panel
    return {"x": panel.x_mm, "y": panel.y_mm, "width": panel.width_mm, "height": panel.height_mm}


def _inks(design: Design) -> list[list[float]]:
    """Every ink on the label, once."""
    inks = {design.ink, *(b.ink for b in design.boxes), *(t.ink for t in design.texts)}
    return sorted([float(part) for part in ink] for ink in inks)


def _uri(run: PrintRun) -> str:
    """The form of the URI with its variable fields named.

    >>> from printing.print_run import PrintRun
    >>> _uri(PrintRun(1, 0, 1, "V.VN", "signed", None, lambda lo, hi: None, lambda codes: None))
    'HTTPS://V.VN/S/{code}.{signature}'
    """
    names = iter(("{code}", "{signature}"))
    return "".join(next(names) if isinstance(p, VariableField) else p for p in run.payload)
