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


class EncoderMismatch(PrintingError):
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


class BundleRefused(PrintingError):
    """A bundle can not be made as asked."""

    code = "bundle-refused"


class PinsNeedEncryption(PrintingError):
    """PINs leave the house only in bundles encrypted to the print house."""

    code = "pins-need-encryption"
    message = "this bundle holds PINs: it is written only encrypted to the print house's age key"


class RecipientRefused(PrintingError):
    """A text is no age public key."""

    code = "recipient-refused"
    message = "{recipient!r} is not an age public key (age1…): {why}"


class AnotherBundle(PrintingError):
    """The directory holds a bundle already, or the beginning of one of other stamps or keys."""

    code = "another-bundle"
    message = (
        "{directory} holds a bundle or the beginning of another one; choose an empty directory"
    )


class BundleBusy(PrintingError):
    """Another process is writing this bundle."""

    code = "bundle-busy"
    message = "another process is writing the bundle in {directory}"


class ManifestRefused(PrintingError):
    """A manifest is not what the issuer signed."""

    code = "manifest-refused"


class PartsDiffer(PrintingError):
    """Files of a bundle are missing or are not what the manifest says; `parts` names them."""

    code = "parts-differ"
    message = "{count} of the bundle's files differ from the manifest: {why}"


class ReportRefused(PrintingError):
    """A print house's report can not be taken; `line` says where, counted from 1."""

    code = "report-refused"
    message = "line {line}: {why}"
