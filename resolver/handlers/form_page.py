"""The page that a form was on, so that each answer leads back to it."""

from typing import Final
from urllib.parse import quote

from resolver.handlers.report_form import read_report_form
from resolver.http.negotiation import is_form
from resolver.http.request import Request
from resolver.pages.retype import ECHOED
from stamps.code import LENGTH
from web.errors import MalformedBody

NOTED: Final = "&noted=1"
"""Ends the address to which a form's scan is redirected; the page says that it was recorded."""
_LONGEST_SIGNATURE: Final = 200


def find_page(code: str, signature: str = "") -> str:
    """The address of the page of a code, as its form sent code and signature; empty without code.

    >>> find_page("0D9FRH4K0121V8Q02M5T"), find_page("0d9/x"), find_page("")
    ('/S/0D9FRH4K0121V8Q02M5T', '/S?code=0d9%2Fx', '')
    """
    if not code:
        return ""
    if len(code) != LENGTH or not (code.isalnum() and code.isascii()):
        return f"/S?code={quote(code[:ECHOED], safe='')}"
    if not signature:
        return f"/S/{code}"
    return f"/S/{code}.{quote(signature[:_LONGEST_SIGNATURE], safe='')}"


def find_form_page(request: Request) -> str:
    """The address of the page that a form was on; empty for other requests."""
    if not is_form(request):
        return ""
    try:
        sent = read_report_form(request).fields
    except MalformedBody:
        return ""
    return find_page(sent.get("code", ""), sent.get("signature", ""))
