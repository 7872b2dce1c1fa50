"""What printing refuses, and with which evidence."""

from stamps.errors import VeritemError


class PrintingError(VeritemError):
    """Something in the printing room was refused; the base of all its refusals."""

    code = "printing"
    message = "{why}"


class PayloadTooLong(PrintingError):
    """The URI does not fit any QR symbol (or not the version asked for) at this error level."""

    code = "payload-too-long"
    message = "{length} characters do not fit a QR symbol of level {level} up to version {version}"


class NotAlphanumeric(PrintingError):
    """A variable character has no place in QR alphanumeric mode; `index` is its line."""

    code = "not-alphanumeric"
    message = "line {index}, {text!r}, holds a character outside QR alphanumeric mode"


class EngineDisagrees(PrintingError):
    """The learnt engine and segno drew different symbols: nothing may be printed."""

    code = "engine-disagrees"
    message = "the symbol engine and segno draw {text!r} differently; nothing was printed"


class RunRefused(PrintingError):
    """A print run contradicts itself: an empty span, a wrong GTIN, a signer that is missing."""

    code = "run-refused"


class FontMissing(PrintingError):
    """A font file is not installed."""

    code = "font-missing"
    message = "the font {path} is not installed; run `make install`"


class GlyphMissing(PrintingError):
    """The font has no shape for some characters of the label's text."""

    code = "glyph-missing"
    message = "{font} has no shape for {characters} in {text!r}"


class DesignRefused(PrintingError):
    """A label design could not be printed well, or its text is no design at all."""

    code = "design-refused"


class LayoutRefused(PrintingError):
    """The labels do not fit the page or the web."""

    code = "layout-refused"


class PictureUnreadable(PrintingError):
    """A file to be read back is not a picture or a PDF."""

    code = "picture-unreadable"
    message = "{path} can not be read as a picture or PDF: {why}"
