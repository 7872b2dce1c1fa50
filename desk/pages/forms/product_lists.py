"""Forms of product lists."""

from desk.pages.forms.fields import Date, Form, Text


class ListEntryForm(Form):
    """A product to put on a list."""

    kind: Text
    product: Text
    since: Date
    basis: Text
    basis_day: Date
    province: Text | None = None
    organisation: Text | None = None
    stars: Text | None = None
    until: Date | None = None
    note: Text | None = None


class EndEntryForm(Form):
    """Why an entry ends."""

    reason: Text
