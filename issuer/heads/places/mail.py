"""E-mail to an auditor: the newest head to read, all heads since the last mail as a JSONL file.

The connection is always encrypted: TLS from the first byte (`smtps://`, port 465) or STARTTLS
(`smtp://`, port 587), with a certificate that the system trusts.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final
from urllib.parse import unquote, urlsplit

from issuer.heads.place import PushFailed
from ledger.audit.head_statement import SignedHead

_SECONDS: Final = 10
_PORTS: Final = {"smtps": 465, "smtp": 587}
_BODY: Final = """\
Sổ cái {ledger}: hai chuỗi băm kết thúc như dưới đây, có chữ ký.
Xin lưu thư này ở nơi người quản trị cơ sở dữ liệu không vào được.
Kiểm tra: veritem audit verify --head heads.jsonl

Ledger {ledger}: both hash chains end as stated below, signed.
Keep this mail where the administrators of the database have no access.
To check: veritem audit verify --head heads.jsonl

账本 {ledger}：两条哈希链的末端如下，已签名。
请将此邮件保存在数据库管理员无法访问的地方。
核对方法：veritem audit verify --head heads.jsonl

{note}"""


class MailPlace:
    """A mailbox that gets heads, at most one mail in `pause_seconds`."""

    def __init__(
        self, server: str, password: str, sender: str, to: Sequence[str], pause_seconds: float
    ) -> None:
        self._server, self._password = server, password
        self._sender, self._to = sender, tuple(to)
        self.pause_seconds = pause_seconds
        self.name = "mailto:" + ",".join(self._to)

    async def push(self, heads: Sequence[SignedHead]) -> None:
        """Send one mail. Raises `PushFailed`."""
        mail = self._write(heads)
        try:
            await asyncio.to_thread(self._send, mail)
        except (smtplib.SMTPException, OSError) as error:
            raise PushFailed(place=self.name, why=_describe(error)) from error

    def _write(self, heads: Sequence[SignedHead]) -> EmailMessage:
        newest = heads[-1]
        mail = EmailMessage()
        mail["Subject"] = f"Veritem chain heads: {newest.statement.ledger}"
        mail["From"], mail["To"] = self._sender, ", ".join(self._to)
        mail["Date"] = formatdate(newest.statement.at / 1000)
        mail["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes
        body = _BODY.format(ledger=newest.statement.ledger, note=newest.note.format())
        mail.set_content(body, cte="base64")
        lines = "".join(head.format_line() for head in heads)
        mail.add_attachment(lines, subtype="plain", filename="heads.jsonl", cte="base64")
        return mail

    def _send(self, mail: EmailMessage) -> None:
        parts = urlsplit(self._server)
        address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        context = ssl.create_default_context()
        if parts.scheme == "smtps":
            client: smtplib.SMTP = smtplib.SMTP_SSL(*address, timeout=_SECONDS, context=context)
        else:
            client = smtplib.SMTP(*address, timeout=_SECONDS)
        with client:
            if parts.scheme == "smtp":
                client.starttls(context=context)
            if parts.username:
                client.login(unquote(parts.username), self._password)
            client.send_message(mail)


def _describe(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return f"{error.smtp_code} {text}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"it refused {', '.join(error.recipients)}"
    return str(error) or type(error).__name__
