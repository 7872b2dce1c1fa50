"""Problem documents (RFC 9457): the HTTP status, headers and JSON document of an error.

Each service registers the errors that it answers in a `ProblemTable`. An error that is not in the
table is a defect of the service: it is answered 500 `internal`, without evidence.

>>> from web.errors import MethodNotAllowed, TooManyRequests
>>> table = ProblemTable({"no-pin": Problem(409)}, evidence={"allowed"})
>>> table.status(MethodNotAllowed(allowed="GET")), table.status(ValueError())
(405, 500)
>>> table.headers(MethodNotAllowed(allowed="GET")), table.headers(TooManyRequests(seconds=7))
({'Allow': 'GET'}, {'Retry-After': '7'})
>>> table.document(MethodNotAllowed(allowed="GET"), str.upper)
{'type': '/problems/method-not-allowed', 'title': 'PROBLEM.METHOD-NOT-ALLOWED', 'status': 405, \
'allowed': 'GET'}
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stamps.errors import VeritemError

CONTENT_TYPE: Final = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """Status, title and headers of one kind of error."""

    status: int
    retry_after: int | None = None
    """Seconds for `Retry-After` when the error itself names none."""


SHARED_PROBLEMS: Final[Mapping[str, Problem]] = {
    "malformed-body": Problem(400),
    "control-character": Problem(400),
    "cross-site": Problem(403),
    "not-found": Problem(404),
    "method-not-allowed": Problem(405),
    "body-timeout": Problem(408),
    "body-too-large": Problem(413),
    "target-too-long": Problem(414),
    "unsupported-media": Problem(415),
    "too-many-requests": Problem(429, retry_after=60),
}
"""The problems of `web.errors`, which every service answers."""

_INTERNAL: Final = "internal"
_INTERNAL_PROBLEM: Final = Problem(500)


class ProblemTable:
    """The problems that one service answers, by the code of the error.

    `problems` are the service's own, beside `SHARED_PROBLEMS`. `evidence` names the evidence that
    clients may see; None shows all evidence, and the error's message as `detail`. A problem with
    status 5xx shows none: what fails inside is for the log alone. `encoders` turn evidence of one
    name into JSON.
    """

    def __init__(
        self,
        problems: Mapping[str, Problem],
        *,
        evidence: Collection[str] | None,
        encoders: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> None:
        self._problems = {**SHARED_PROBLEMS, **problems}
        self._evidence = evidence
        self._encoders = encoders or {}

    def __iter__(self) -> Iterator[str]:
        """The codes that need a title: the registered ones and `internal`."""
        yield from self._problems
        yield _INTERNAL

    def status(self, error: Exception) -> int:
        """The HTTP status of an error."""
        return self._find(error)[1].status

    def document(
        self, error: Exception, title: Callable[[str], str], status: int | None = None
    ) -> dict[str, Any]:
        """The problem document.

        `title` returns the translated text of `problem.CODE`. `status` overrides the table's.
        """
        code, problem = self._find(error)
        shown = problem.status if status is None else status
        document: dict[str, Any] = {
            "type": f"/problems/{code}",
            "title": title(f"problem.{code}"),
            "status": shown,
        }
        if shown < 500 and isinstance(error, VeritemError):
            if self._evidence is None:
                document["detail"] = str(error)
            for name, value in error.evidence.items():
                if name not in document and (self._evidence is None or name in self._evidence):
                    document[name] = self._encode(name, value)
        return document

    def headers(self, error: Exception, status: int | None = None) -> dict[str, str]:
        """The header fields that the status asks for (RFC 9110): Allow, Retry-After, a challenge.

        `status` overrides the table's.
        """
        _, problem = self._find(error)
        shown = problem.status if status is None else status
        evidence = error.evidence if isinstance(error, VeritemError) else {}
        if shown == 405:
            return {"Allow": str(evidence["allowed"])}
        if shown == 401:
            return {"WWW-Authenticate": "Bearer"}
        seconds = evidence.get("seconds") or problem.retry_after
        if shown in (429, 503) and seconds:
            return {"Retry-After": str(int(seconds))}
        return {}

    def _find(self, error: Exception) -> tuple[str, Problem]:
        if isinstance(error, VeritemError):
            problem = self._problems.get(error.code)
            if problem is not None:
                return error.code, problem
        return _INTERNAL, _INTERNAL_PROBLEM

    def _encode(self, name: str, value: Any) -> Any:
        encoder = self._encoders.get(name)
        if encoder is not None:
            return encoder(value)
        if isinstance(value, int | float | str | bool | None):
            return value
        if isinstance(value, list | tuple):
            return [str(item) for item in value]
        if isinstance(value, Mapping):
            return {str(key): str(item) for key, item in value.items()}
        return str(value)
