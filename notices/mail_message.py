"""A mail as MIME: text and HTML of one document, with headers that machines obey.

Nothing in it is fetched from anywhere: no picture, no tracking, no style sheet. Names are cleaned
before they come here (`notices.mail_document`), and the library refuses a header with a line break.
"""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from ledger.notices.mails import Mail
from notices.mail_document import MailDocument

_SENDER_NAME: Final = "Veritem"
_HTML_LANGUAGES: Final = {"vi": "vi", "en": "en", "zh": "zh-Hans"}
_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("notices"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def make_message(mail: Mail, document: MailDocument, sender: str) -> bytes:
    """The bytes that are sent; the same Message-ID in every attempt."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = document.subject
    message["From"] = Address(_SENDER_NAME, addr_spec=sender)
    message["To"] = Address(addr_spec=mail.address)
    message["Date"] = format_datetime(datetime.fromtimestamp(mail.made_at / 1000, UTC))
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes
    message["Content-Language"] = document.language
    if document.stop_link is not None:  # RFC 2369 and RFC 8058
        message["List-Unsubscribe"] = f"<{document.stop_link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(render_text(document), cte="base64")
    message.add_alternative(render_html(document), subtype="html", cte="base64")
    return message.as_bytes()


def render_text(document: MailDocument) -> str:
    """The mail as plain text."""
    parts = [document.heading]
    if document.lead:
        parts.append(document.lead)
    for section in document.sections:
        lines = [section.heading]
        for line in section.lines:
            lines.append(f"- {line.text}" + (f" ({line.when})" if line.when else ""))
            if line.link:
                lines.append(f"  {line.link}")
        if section.rest:
            lines.append(f"  {section.rest}")
        parts.append("\n".join(lines))
    parts.append(f"{document.button.text}: {document.button.link}")
    parts.append("\n".join(document.footer))
    parts += [f"{link.text}: {link.link}" for link in document.links]
    return "\n\n".join(parts) + "\n"


def render_html(document: MailDocument) -> str:
    """The mail as HTML."""
    template = _ENVIRONMENT.get_template("mail.html")
    return template.render(mail=document, html_lang=_HTML_LANGUAGES[document.language])
