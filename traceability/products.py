"""The kind of produce that a lot is of."""

from traceability.document_fields import DocumentModel, Gtin, ImageAddress, Text
from web.i18n import Language


class LocalizedName(DocumentModel):
    """A name by language; Vietnamese is mandatory."""

    vi: Text
    en: Text | None = None
    zh: Text | None = None

    def choose(self, language: Language) -> str:
        """The name in a language, Vietnamese where there is none."""
        return getattr(self, language) or self.vi


class LotProduct(DocumentModel):
    """A kind of produce. `image` is a path on the service or an https address."""

    code: Text
    name: LocalizedName
    image: ImageAddress | None = None
    gtin: Gtin | None = None
