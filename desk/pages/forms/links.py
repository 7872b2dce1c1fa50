"""Forms of links of GS1 keys. What a link may be is checked by the use case, all fields at once."""

from typing import Annotated

from pydantic import Field, StringConstraints

from desk.pages.forms.fields import Form, Scanned, Text

LongText = Annotated[str, StringConstraints(max_length=2000)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class SeenVersionForm(Form):
    """A button; `version` is what the page showed."""

    version: Version


class LinkSetForm(SeenVersionForm):
    """What a key is called."""

    description: Text = ""


class NewLinkSetForm(Form):
    """A key that is to have links."""

    gs1_key: Scanned
    description: Text = ""
    organisation: Text | None = None


class LinkTableForm(Form):
    """A table of keys with their links, as it is copied from a spreadsheet."""

    table: Annotated[str, StringConstraints(max_length=200_000)]
    organisation: Text | None = None


class LinkForm(SeenVersionForm):
    """A link; languages and contexts are separated by commas."""

    type: Text
    href: LongText
    title: LongText
    hreflang: Text = ""
    media_type: Text | None = None
    context: Text = ""


class KeyOwnerForm(Form):
    """GS1 prefixes and hosts of an organisation, one a line, and what the page showed."""

    prefixes: LongText = ""
    hosts: LongText = ""
    version: Text
