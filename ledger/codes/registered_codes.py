"""Registered codes of growing areas and packing houses, and the rule that no stamp is bound under
a code that is not in force.

Every change is an entry of the audit log: who, when, what it was and is, and the digest of the row.
The entries are the history of a code; there is no other copy of it. Codes are never deleted.

Codes of a kind must be registered once the authority says so (`set_rule`); until then a lot may
name a code that nobody registered.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import schema
from ledger.chains.chained_rows import record_row_change, record_row_changes
from ledger.codes.code_errors import CodeLikeAnother, CodeNotRegistered
from ledger.codes.code_filter import CodeFilter
from ledger.codes.lot_codes import SITE_FIELDS, list_codes
from ledger.codes.registered_code import (
    PublicSite,
    RegisteredCode,
    compare_content,
    from_row,
    hide_personal_data,
    to_row,
)
from ledger.cursor_pages import Key
from ledger.errors import UnknownRow
from ledger.search_words import put_many_search_words
from ledger.storage.row_lists import split_parts
from ledger.storage.store import Store, uncancellable
from web.plain_letters import split_words

KIND: Final = "registered code"
_PART: Final = 500
"""Codes named in one statement."""

CodePlan = Callable[[Mapping[str, RegisteredCode]], Iterable[RegisteredCode]]
"""Given the codes as they are, the codes as they shall be; raises what a rule refuses."""


@dataclass(frozen=True, slots=True)
class CodeNote:
    """Content of an audit entry of a change, beside the changed fields."""

    action: str
    """`add`, `change`, `import`, `suspend`, `revoke` or `restore`."""
    actor: str
    at: int
    details: Mapping[str, Any]


class RegisteredCodes:
    """The registered codes of one ledger."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        self._store = store
        self._clock = clock

    @uncancellable
    async def change(
        self,
        codes: Collection[str],
        plan: CodePlan,
        *,
        action: str,
        actor: str,
        at: int | None = None,
    ) -> list[RegisteredCode]:
        """Change codes in one transaction, all or none; return them as they are then.

        A code whose content is the same stays as it is.
        """
        at = self._clock() if at is None else at
        async with self._store.write() as connection:
            before = await select_codes(connection, codes)
            return await write_codes(
                connection, before, plan(before), CodeNote(action, actor, at, {})
            )

    async def get(self, code: str) -> RegisteredCode:
        """Return a code. Raises `UnknownRow`."""
        found = await self.get_many([code])
        if code not in found:
            raise UnknownRow(kind=KIND, id=code)
        return found[code]

    async def get_many(self, codes: Collection[str]) -> dict[str, RegisteredCode]:
        """Return codes that are registered, by code."""
        async with self._store.read() as connection:
            return await select_codes(connection, codes)

    async def find_similar(self, code: str, *, limit: int = 5) -> list[str]:
        """Return registered codes that are the same in plain letters (D for Đ)."""
        table = schema.registered_codes
        query = select(table.c.code).where(table.c.search_key == make_search_key(code))
        async with self._store.read() as connection:
            return list((await connection.execute(query.limit(limit))).scalars())

    async def find_page(
        self, wanted: CodeFilter, *, after: Key | None = None, limit: int
    ) -> list[RegisteredCode]:
        """Return at most `limit` codes that match, sorted by code, after the key `(code,)`."""
        async with self._store.read() as connection:
            rows = await connection.execute(await wanted.select(connection, after, limit))
            return [from_row(row) for row in rows.mappings()]

    async def list_public(self, codes: Collection[str]) -> dict[str, PublicSite]:
        """Return what the public sees of codes that are registered, by code."""
        table = schema.registered_codes.c
        query = select(
            table.code,
            table.kind,
            table.public_name.label("name"),
            table.province,
            table.is_household,
            table.public_household.label("household"),
        ).where(table.code.in_(sorted(codes)))
        async with self._store.read() as connection:
            rows = (await connection.execute(query)).mappings()
            return {row["code"]: PublicSite(**row) for row in rows}

    async def check_document(self, document: Mapping[str, Any], at: int) -> None:
        """Check the codes that a lot's document names; raises as `check_codes` does."""
        async with self._store.read() as connection:
            await check_codes(connection, document, at)

    async def find_standings(self, codes: Collection[str]) -> "CodeStandings":
        """Return what the registry says of codes."""
        async with self._store.read() as connection:
            return await select_standings(connection, codes)

    async def list_required_kinds(self) -> frozenset[str]:
        """Return the kinds of place whose codes must be registered."""
        async with self._store.read() as connection:
            return await _select_required(connection)

    @uncancellable
    async def set_rule(
        self, kind: str, *, is_registration_required: bool, actor: str, at: int | None = None
    ) -> None:
        """Say whether codes of a kind must be registered; the same again changes nothing."""
        at = self._clock() if at is None else at
        rules = schema.code_rules
        async with self._store.write() as connection:
            known = await connection.scalar(
                select(rules.c.is_registration_required).where(rules.c.kind == kind)
            )
            if (known or False) == is_registration_required:
                return
            values = {"is_registration_required": is_registration_required}
            if known is None:
                await connection.execute(insert(rules).values(kind=kind, **values))
            else:
                await connection.execute(update(rules).where(rules.c.kind == kind).values(values))
            await record_row_change(
                connection,
                rules,
                kind,
                at=at,
                actor=actor,
                action="registered_code.rule",
                details=values,
            )


async def check_codes(
    connection: AsyncConnection,
    document: Mapping[str, Any],
    at: int,
    *,
    known: Collection[str] = (),
) -> None:
    """Check inside the caller's transaction that the codes a lot's document names are in force.

    Codes in `known` are not looked at: the lot named them before. Raises as `CodeStandings.check`
    does.
    """
    named = [code for code in list_codes(document) if code not in known]
    (await select_standings(connection, named)).check(document, at, known=known)


@dataclass(frozen=True, slots=True)
class CodeStandings:
    """What the registry says of the codes that lots name, read at one time."""

    registered: Mapping[str, RegisteredCode]
    alike: Mapping[str, str]
    """The registered code that an unregistered one passes for, by the latter."""
    required: Collection[str]
    """The kinds of place whose codes must be registered."""

    def check(self, document: Mapping[str, Any], at: int, *, known: Collection[str] = ()) -> None:
        """Check that the codes a lot's document names, but for those in `known`, are in force.

        Raises `CodeRevoked`, `CodeSuspended`, `CodeOutOfDate`; `CodeLikeAnother` for an
        unregistered one that passes for a registered one; `CodeNotRegistered` where the kind must
        be registered.
        """
        named = [code for code in list_codes(document) if code not in known]
        for code in named:
            if code in self.registered:
                self.registered[code].check_usable(at)
        for code in named:
            if code in self.alike:
                raise CodeLikeAnother(place=code, registered=self.alike[code])
        for kind in SITE_FIELDS:
            site = document.get(kind)
            if kind not in self.required or not site or site["code"] not in named:
                continue
            if site["code"] not in self.registered:
                raise CodeNotRegistered(place=site["code"], kind=kind.replace("_", " "))


async def select_standings(connection: AsyncConnection, codes: Collection[str]) -> CodeStandings:
    """Return what the registry says of codes, inside the caller's transaction."""
    registered = await select_codes(connection, codes)
    alike = await _select_alike(connection, [code for code in codes if code not in registered])
    return CodeStandings(registered, alike, await _select_required(connection))


async def select_codes(
    connection: AsyncConnection, codes: Collection[str]
) -> dict[str, RegisteredCode]:
    """Return the codes that are registered, inside the caller's transaction."""
    table, found = schema.registered_codes, {}
    for part in split_parts(sorted(codes), _PART):
        rows = await connection.execute(select(table).where(table.c.code.in_(part)))
        found.update({row["code"]: from_row(row) for row in rows.mappings()})
    return found


async def write_codes(
    connection: AsyncConnection,
    before: Mapping[str, RegisteredCode],
    wanted: Iterable[RegisteredCode],
    note: CodeNote,
) -> list[RegisteredCode]:
    """Write codes inside the caller's transaction; return them as they are then."""
    written: list[RegisteredCode] = []
    result: list[RegisteredCode] = []
    for code in wanted:
        known = before.get(code.code)
        if known is not None and known.content == code.content:
            result.append(known)
            continue
        written.append(_number(known, code, note))
        result.append(written[-1])
    await _store(connection, before, written)
    await record_row_changes(
        connection,
        schema.registered_codes,
        {
            code.code: {
                **note.details,
                "version": code.version,
                "changed": hide_personal_data(compare_content(before.get(code.code), code)),
            }
            for code in written
        },
        at=note.at,
        actor=note.actor,
        action=f"registered_code.{note.action}",
    )
    return result


async def _select_alike(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, str]:
    """Return the registered code that differs from each of these by marks only, if there is one."""
    keys = {code: key for code in codes if (key := make_search_key(code))}
    table, found = schema.registered_codes.c, {}
    for part in split_parts(sorted(set(keys.values())), _PART):
        query = select(table.search_key, table.code).where(table.search_key.in_(part))
        rows = await connection.execute(query.order_by(table.code.desc()))
        found.update({row.search_key: row.code for row in rows})
    return {code: found[key] for code, key in keys.items() if key in found}


def make_search_key(code: str) -> str:
    """A code in plain capitals without separators: `VNDLOR0123`."""
    return "".join(split_words(code)).upper()


def _number(known: RegisteredCode | None, code: RegisteredCode, note: CodeNote) -> RegisteredCode:
    """The code with its number, author and time, and those of its status if that changes."""
    status = (code.status, code.status_reason)
    keeps = known is not None and (known.status, known.status_reason) == status
    return replace(
        code,
        version=1 if known is None else known.version + 1,
        changed_at=note.at,
        changed_by=note.actor,
        status_at=known.status_at if known is not None and keeps else note.at,
        status_by=known.status_by if known is not None and keeps else note.actor,
    )


async def _store(
    connection: AsyncConnection,
    before: Mapping[str, RegisteredCode],
    written: Sequence[RegisteredCode],
) -> None:
    table = schema.registered_codes
    rows = [to_row(code, make_search_key(code.code)) for code in written]
    new = [row for row in rows if row["code"] not in before]
    known = [row for row in rows if row["code"] in before]
    if new:
        await connection.execute(insert(table), new)
    if known:
        changed = update(table).where(table.c.code == bindparam("known_code"))
        columns: dict[str, Any] = {name: bindparam(name) for name in known[0] if name != "code"}
        values = [
            {"known_code": row["code"], **{name: row[name] for name in columns}} for row in known
        ]
        await connection.execute(changed.values(columns), values)
    await put_many_search_words(connection, "code", {code.code: code.words for code in written})


async def _select_required(connection: AsyncConnection) -> frozenset[str]:
    rules = schema.code_rules
    query = select(rules.c.kind).where(rules.c.is_registration_required)
    return frozenset((await connection.execute(query)).scalars())
