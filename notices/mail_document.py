"""The content of a mail in the reader's language: what it says, and where its links lead."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final
from urllib.parse import quote, urlsplit

from babel.numbers import format_decimal

from ledger.notices.mails import NOTICES, Mail
from stamps.typed_text import normalize_typed_text
from web.i18n import (
    LANGUAGES,
    LOCALES,
    Language,
    Texts,
    format_day,
    format_moment,
    format_number,
    load_translations,
)

TEXTS: Final = load_translations(
    resources.files("notices").joinpath("texts.toml").read_text("utf-8")
)
LONGEST_SUBJECT: Final = 120
_LONGEST_NAME: Final = 80
_INVITATION_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class MailLine:
    """One line of a mail: what happened or waits, and the page that shows it."""

    text: str
    link: str | None = None
    when: str = ""


@dataclass(frozen=True, slots=True)
class MailSection:
    """Lines under a heading."""

    heading: str
    lines: tuple[MailLine, ...]
    rest: str = ""
    """Number of further ones in words; empty if none."""


@dataclass(frozen=True, slots=True)
class MailDocument:
    """Content of a mail, before it becomes text or HTML."""

    language: Language
    subject: str
    heading: str
    lead: str
    sections: tuple[MailSection, ...]
    button: MailLine
    footer: tuple[str, ...]
    links: tuple[MailLine, ...] = ()
    """Below the footer: what is wanted, and how to end it."""
    stop_link: str | None = None
    """Where the mailbox's own button ends these notices (RFC 8058)."""


SignStop = Callable[[str, str, Sequence[str]], str]
"""Signs a link that ends kinds of notices to an account at an address."""


def describe_mail(mail: Mail, content: str, desk_url: str, sign_stop: SignStop) -> MailDocument:
    """Return the content of a mail; `content` is its stored form, opened."""
    language = next((one for one in LANGUAGES if one == mail.language), LANGUAGES[0])
    writer = _LineWriter(TEXTS[language], desk_url.rstrip("/"))
    document = json.loads(content)
    if mail.purpose in NOTICES:
        return writer.describe_notices(mail, document, sign_stop)
    return writer.describe_message(mail, document)


def clean_line(text: str, longest: int) -> str:
    """A text as one line without invisible characters, cut with an ellipsis.

    Names come from people: a line break would begin a header, and a direction override would turn
    the letters around.

    >>> clean_line("Mai\\r\\nBcc: x\\u202e", 80)
    'Mai Bcc: x'
    """
    text = " ".join(normalize_typed_text(text).split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


class _LineWriter:
    """Writes mails in one language."""

    def __init__(self, texts: Texts, desk_url: str) -> None:
        self._texts = texts
        self._language = texts.language
        self._desk = desk_url
        self._host = urlsplit(desk_url).netloc

    def describe_notices(
        self, mail: Mail, document: Mapping[str, Any], sign_stop: SignStop
    ) -> MailDocument:
        """Describe what happened, and in a digest what waits."""
        texts, kinds = self._texts, document["kinds"]
        account = mail.staff or ""
        sections = [self._describe_kind(kind) for kind in kinds]
        tasks = [self._describe_task(task) for task in document.get("tasks", ())]
        if tasks:
            sections.insert(0, MailSection(texts("mail.waits"), tuple(tasks)))
        if mail.purpose == "digest":
            subject = texts("mail.digest", day=format_day(mail.made_at, self._language))
            stopped = ["tasks", *(kind["kind"] for kind in kinds)]
        else:
            subject = self._describe_subject(kinds, sections)
            stopped = [kind["kind"] for kind in kinds]
        stop = f"{self._desk}/mail/stop?token={sign_stop(account, mail.address, stopped)}"
        return MailDocument(
            language=self._language,
            subject=clean_line(subject, LONGEST_SUBJECT),
            heading=clean_line(subject, LONGEST_SUBJECT),
            lead="",
            sections=tuple(sections),
            button=MailLine(texts("mail.open"), f"{self._desk}/"),
            footer=(texts("mail.why", account=account, host=self._host),),
            links=(
                MailLine(texts("mail.settings"), f"{self._desk}/account/mail"),
                MailLine(texts("mail.stop"), stop),
            ),
            stop_link=stop,
        )

    def describe_message(self, mail: Mail, document: Mapping[str, Any]) -> MailDocument:
        """A message about the account itself."""
        texts, purpose = self._texts, mail.purpose
        values = {
            "account": mail.staff or "",
            "host": self._host,
            "name": clean_line(document.get("name", ""), _LONGEST_NAME),
            "days": _INVITATION_DAYS,
        }
        family = "invitation" if purpose == "reset" else purpose
        subject = clean_line(texts(f"{purpose}.subject", **values), LONGEST_SUBJECT)
        is_test = purpose == "test"
        button = texts("mail.open") if is_test else texts(f"{family}.button")
        footer = () if is_test else (texts(f"{family}.other"),)
        path = document.get("path", "/account/mail")
        if mail.staff:
            footer = (*footer, texts("mail.plain_why", **values))
        return MailDocument(
            language=self._language,
            subject=subject,
            heading=subject,
            lead=texts(f"{purpose}.lead", **values),
            sections=(),
            button=MailLine(button, f"{self._desk}{path}"),
            footer=footer,
        )

    def _describe_subject(
        self, kinds: Sequence[Mapping[str, Any]], sections: Sequence[MailSection]
    ) -> str:
        total = sum(kind["count"] for kind in kinds)
        if total == 1:
            return sections[0].lines[0].text
        counted = [section.heading for section in sections]
        if len(counted) == 1:
            return counted[0]
        return self._texts.plural("mail.many", total, kinds=", ".join(counted))

    def _describe_kind(self, kind: Mapping[str, Any]) -> MailSection:
        lines = tuple(self._describe_item(item) for item in kind["items"])
        more = kind["count"] - len(lines)
        return MailSection(
            self._texts.plural(f"kind.{kind['kind']}", kind["count"]),
            lines,
            self._texts.plural("mail.more", more) if more > 0 else "",
        )

    def _describe_task(self, task: Mapping[str, Any]) -> MailLine:
        text = self._texts.plural(f"task.{task['task']}", task["count"])
        return MailLine(f"{text} (+)" if task["is_more"] else text, self._desk + task["path"])

    def _describe_item(self, item: Mapping[str, Any]) -> MailLine:
        text, path = _DESCRIBE[item["event"]](self, item["data"])
        when = format_moment(item["at"], self._language)
        return MailLine(
            clean_line(text, LONGEST_SUBJECT), f"{self._desk}{path}" if path else None, when
        )

    def _number(self, value: int) -> str:
        return format_number(value, self._language)

    def describe_order(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """An order that waits, or that was decided."""
        name = f"order_{data.get('decision', 'requested')}"
        stamps = self._number(data.get("stamps", 0))
        text = self._texts(f"event.{name}", order=data["number"] or data["order"], stamps=stamps)
        return text, f"/orders/{quote(data['order'], safe='')}"

    def describe_batch(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """A batch that is to be printed."""
        stamps = self._number(data["stamps"])
        text = self._texts("event.batch_issued", batch=data["batch"], stamps=stamps)
        return text, f"/batches/{data['batch']}"

    def describe_bundle(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """A bundle that is ready."""
        form = data["format"].upper()
        text = self._texts("event.bundle_ready", batch=data["batch"], form=form)
        return text, f"/batches/{data['batch']}"

    def describe_proposal(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """A proposal that waits for a second person."""
        family, _, name = data["subject"].partition(":")
        key = f"subject_of.{family}"
        subject = ""
        if self._texts.has(key):
            subject = self._texts(key, name=clean_line(name, _LONGEST_NAME))
        return self._texts(f"proposal.{data['kind']}", subject=subject), (
            f"/proposals/{data['proposal']}"
        )

    def describe_alert(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """A suspicion that reached a level."""
        score = format_decimal(data["score"], "#,##0.0", locale=LOCALES[self._language])
        text = self._texts(
            f"event.alert_{data['kind']}",
            batch=data["batch"],
            stamp=f"{data['batch']}·{data['index']}",
            stamps=self._number(data["stamps"]),
            place=clean_line(data["place"] or "", _LONGEST_NAME),
            score=score,
        )
        return text, f"/alerts/{data['alert']}"

    def describe_lot(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """A lot that was recalled."""
        lot = clean_line(data["lot"], _LONGEST_NAME)
        return self._texts("event.lot_recalled", lot=lot), f"/lots/{quote(data['lot'], safe='')}"

    def describe_review(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """A version of a lot that was submitted, returned or published."""
        lot = clean_line(data["lot"], _LONGEST_NAME)
        text = self._texts(f"event.lot_{data['state']}", lot=lot, version=data["version"])
        return text, f"/reviews/{data['review']}"

    def describe_stamps(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """Stamps of a batch that were recalled."""
        stamps = self._number(data["stamps"])
        text = self._texts("event.stamps_recalled", batch=data["batch"], stamps=stamps)
        return text, f"/batches/{data['batch']}"

    def describe_hearing(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """What a party is asked, or the decision that it is told."""
        name = data.get("state", "asked")
        about = ("lot", data["lot"]) if data.get("lot") else ("batch", data.get("batch"))
        subject = ""
        if about[1]:
            subject = self._texts(
                f"hearing_about.{about[0]}", name=clean_line(str(about[1]), _LONGEST_NAME)
            )
        path = f"/hearings/{quote(data['hearing'], safe='')}"
        return self._texts(f"event.hearing_{name}", subject=subject), path

    def describe_answer(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """What a party answered in a case."""
        party = clean_line(data["organisation"], _LONGEST_NAME)
        text = self._texts("event.hearing_answered", party=party, alert=data["alert"])
        return text, f"/alerts/{data['alert']}"

    def describe_mention(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """Events of another that name the reader's organisation."""
        teller = clean_line(data["teller"], _LONGEST_NAME)
        text = self._texts.plural("event.mention_told", data["mentions"], teller=teller)
        return text, "/mentions?state=open"

    def describe_webhook(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """A webhook that was disabled."""
        why = "gone" if data["why"] == "gone" else "failing"
        text = self._texts(f"event.webhook_{why}", webhook=data["webhook"])
        return text, f"/webhooks/{data['webhook']}"

    def describe_heads(self, data: Mapping[str, Any]) -> tuple[str, str]:
        """Chain heads that do not reach their place; no page shows it."""
        return self._texts("event.heads_unpushed", minutes=self._number(data["minutes"])), ""


_DESCRIBE: Final[Mapping[str, Callable[[_LineWriter, Mapping[str, Any]], tuple[str, str]]]] = {
    "order.requested": _LineWriter.describe_order,
    "order.decided": _LineWriter.describe_order,
    "batch.issued": _LineWriter.describe_batch,
    "bundle.ready": _LineWriter.describe_bundle,
    "proposal.opened": _LineWriter.describe_proposal,
    "alert.raised": _LineWriter.describe_alert,
    "lot.recalled": _LineWriter.describe_lot,
    "lot.submitted": _LineWriter.describe_review,
    "lot.returned": _LineWriter.describe_review,
    "lot.published": _LineWriter.describe_review,
    "stamps.recalled": _LineWriter.describe_stamps,
    "hearing.asked": _LineWriter.describe_hearing,
    "hearing.decided": _LineWriter.describe_hearing,
    "hearing.answered": _LineWriter.describe_answer,
    "mention.told": _LineWriter.describe_mention,
    "webhook.disabled": _LineWriter.describe_webhook,
    "heads.unpushed": _LineWriter.describe_heads,
}
