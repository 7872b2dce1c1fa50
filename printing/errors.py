"""Refusals of the printing package, with their evidence."""

from stamps.errors import VeritemError


class PrintingError(VeritemError):
    """Base of all refusals of the printing package."""

    code = "printing"
    message = "{why}"


class PayloadTooLong(PrintingError):
    """The URI does not fit any QR symbol (or not the version asked for) at this error level."""

    code = "payload-too-long"
    message = "{length} characters do not fit a QR symbol of level {level} up to version {version}"


class NotAlphanumeric(PrintingError):
    """A variable character is outside QR alphanumeric mode; `index` is its line."""

    code = "not-alphanumeric"
    message = "line {index}, {text!r}, has a character outside QR alphanumeric mode"


class EncoderMismatch(PrintingError):
    """The symbol encoder and segno draw different symbols: nothing may be printed."""

    code = "engine-disagrees"
    message = "the symbol encoder and segno draw {text!r} differently; nothing was printed"


class RunRefused(PrintingError):
    """A print run is inconsistent: an empty range, a wrong GTIN, a missing signer."""

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
    """A label design cannot be printed well, or its text is not a design."""

    code = "design-refused"


class LayoutRefused(PrintingError):
    """The labels do not fit the page or the web."""

    code = "layout-refused"


class PictureUnreadable(PrintingError):
    """A file to be read back is not a picture or a PDF."""

    code = "picture-unreadable"
    message = "{path} cannot be read as a picture or PDF: {why}"


class BundleRefused(PrintingError):
    """A bundle cannot be made as asked."""

    code = "bundle-refused"


class PinsNeedEncryption(PrintingError):
    """PINs are delivered only in bundles encrypted to the print house."""

    code = "pins-need-encryption"
    message = "this bundle holds PINs: it is written only encrypted to the print house's age key"


class RecipientRefused(PrintingError):
    """A text is not an age public key."""

    code = "recipient-refused"
    message = "{recipient!r} is not an age public key (age1…): {why}"


class AnotherBundle(PrintingError):
    """The directory holds a complete bundle, or part of one of other stamps or keys."""

    code = "another-bundle"
    message = "{directory} holds a bundle or part of another one; choose an empty directory"


class BundleBusy(PrintingError):
    """Another process is writing this bundle."""

    code = "bundle-busy"
    message = "another process is writing the bundle in {directory}"


class ManifestRefused(PrintingError):
    """A manifest is not what the issuer signed."""

    code = "manifest-refused"


class PartsDiffer(PrintingError):
    """Files of a bundle are missing or differ from the manifest; `parts` names them."""

    code = "parts-differ"
    message = "{count} of the bundle's files differ from the manifest: {why}"


class ReportRefused(PrintingError):
    """A print house's report is refused; `line` is counted from 1."""

    code = "report-refused"
    message = "line {line}: {why}"


class ProofUnreadable(PrintingError):
    """A proof cannot be read: `why` is format, bytes, pixels, pages, time or damaged."""

    code = "proof-unreadable"
    message = "the proof cannot be read ({why}); send one sheet as JPEG, PNG or a PDF of one page"
