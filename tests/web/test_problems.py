import pytest

from stamps.errors import VeritemError
from web.errors import InternalError, MalformedBody, MethodNotAllowed, NotFound, TooManyRequests
from web.problems import SHARED_PROBLEMS, Problem, ProblemTable


class Busy(VeritemError):
    code = "busy"
    message = "the disk {disk} is busy"


class Reserved(VeritemError):
    code = "reserved"
    message = "reserved by {owner}"


class Unregistered(VeritemError):
    code = "unregistered"
    message = "secret: {secret}"


PROBLEMS = {"busy": Problem(503, retry_after=5), "reserved": Problem(409)}
OPEN = ProblemTable(PROBLEMS, evidence=None, encoders={"spans": len})
CLOSED = ProblemTable(PROBLEMS, evidence={"field", "why", "allowed", "seconds"})


def test_registered_and_shared_errors_have_their_status() -> None:
    assert [OPEN.status(e) for e in (Busy(), Reserved(), NotFound())] == [503, 409, 404]


@pytest.mark.parametrize("error", [Unregistered(secret="x"), InternalError(), ValueError("secret")])
def test_any_other_error_is_500_and_shows_nothing(error: Exception) -> None:
    document = OPEN.document(error, str)
    assert (OPEN.status(error), document["type"]) == (500, "/problems/internal")
    assert document.keys() == {"type", "title", "status"}


def test_a_table_with_all_evidence_shows_the_message_too() -> None:
    document = OPEN.document(Reserved(owner="an", spans=(1, 2)), str)
    assert (document["detail"], document["owner"]) == ("reserved by an", "an")
    assert document["spans"] == 2


def test_a_table_with_named_evidence_shows_no_other_and_no_message() -> None:
    document = CLOSED.document(MalformedBody(field="code", why="is missing", typed="x"), str)
    assert document == {
        "type": "/problems/malformed-body",
        "title": "problem.malformed-body",
        "status": 400,
        "field": "code",
        "why": "is missing",
    }


def test_a_5xx_shows_no_evidence() -> None:
    assert "disk" not in str(OPEN.document(Busy(disk="sda"), str))


def test_evidence_does_not_replace_the_members_of_the_standard() -> None:
    assert OPEN.document(Reserved(owner="an", status=200, type="x"), str)["status"] == 409


def test_a_status_can_be_overridden() -> None:
    assert OPEN.document(Reserved(owner="an"), str, 422)["status"] == 422
    assert OPEN.headers(Reserved(owner="an"), 401) == {"WWW-Authenticate": "Bearer"}


def test_the_status_brings_its_header() -> None:
    assert OPEN.headers(MethodNotAllowed(allowed="GET, HEAD")) == {"Allow": "GET, HEAD"}
    assert OPEN.headers(TooManyRequests(seconds=3.9)) == {"Retry-After": "3"}
    assert OPEN.headers(Busy()) == {"Retry-After": "5"}
    assert OPEN.headers(Reserved()) == {}


def test_a_table_names_every_code_that_needs_a_title() -> None:
    assert set(OPEN) == {*SHARED_PROBLEMS, *PROBLEMS, "internal"}
