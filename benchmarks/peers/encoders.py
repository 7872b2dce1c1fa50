"""QR encoders as peers: segno, python-qrcode and zxing-cpp encode the printed symbols."""

import csv
import io

import qrcode as python_qrcode
import segno as segno_package
import zxingcpp

from printing import PrintRun


def segno(texts: list[str], mask: int | None) -> None:
    """Encode by segno, with this mask or the best of eight."""
    for text in texts:
        _ = segno_package.make(text, error="m", mask=mask, micro=False, boost_error=False).matrix


def qrcode(texts: list[str], version: int, mask: int) -> None:
    """Encode by python-qrcode."""
    for text in texts:
        code = python_qrcode.QRCode(
            version, python_qrcode.constants.ERROR_CORRECT_M, mask_pattern=mask
        )
        code.add_data(text)
        code.make(fit=False)
        _ = code.modules


def zxing_cpp(texts: list[str]) -> None:
    """Encode by zxing-cpp's C++ encoder."""
    for text in texts:
        symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
        symbol.to_image(scale=1, add_quiet_zones=False)


def csv_module(run: PrintRun, count: int) -> None:
    """Write the code list by Python's csv module, a row at a time."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("index", "code", "uri", "roll"))
    root = f"{run.scheme}://{run.host}/S/"
    for index, code in enumerate(run.seal(0, count).tolist()):
        text = code.decode()
        writer.writerow((index, text, root + text, f"{run.batch}·{index}"))
