"""The problems (RFC 9457) that the public service answers, beside those of every service."""

from typing import Final

from web.problems import Problem, ProblemTable

PROBLEMS: Final = ProblemTable(
    {
        "malformed-code": Problem(404),
        "unknown-code": Problem(404),
        "malformed-gs1": Problem(400),
        "no-link": Problem(404),
        "unknown-key": Problem(401),
        "malformed-scan": Problem(422),
        "unproven-scan": Problem(403),
        "signed-too-early": Problem(422),
        "signed-too-late": Problem(422),
        "foreign-token": Problem(403),
        "expired-token": Problem(410),
        "used-token": Problem(409),
        "no-pin": Problem(409),
        "not-claimable": Problem(409),
        "already-claimed": Problem(409),
        "wrong-pin": Problem(403),
        "pin-locked": Problem(429),
        "unavailable": Problem(503, retry_after=5),
        "not-recorded": Problem(503, retry_after=5),
    },
    # Other evidence may say what a stranger must not learn.
    evidence=frozenset({"field", "why", "character", "allowed", "limit", "seconds", "state"}),
)
