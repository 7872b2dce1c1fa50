"""Case file: the evidence of a case as one JSON document that the issuer signs.

```
{"case": {"format": "veritem case v1", …}, "signature": {"kid", "alg", "signature"}}
```

The signed bytes are the object `case` as JSON with names sorted, no spaces, UTF-8, behind a prefix
of their own: no signature of a manifest passes for one of a case. The newest epoch's key signs.

Who holds the issuer's public keys proves offline that a file is as it was exported. That the
ledger says the same is proved by the heads of its chains, which the file names (docs/heads.md).
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from issuer.signing import Signer
from stamps import detached_signature
from stamps.errors import VeritemError
from stamps.signature import PublicKeys

CASE_FORMAT: Final = "veritem case v1"


class MalformedCaseFile(VeritemError):
    """The document is not a case file."""

    code = "malformed-case-file"
    message = "not a case file: {why}"


def sign_case(content: Mapping[str, Any], signer: Signer, epoch: int) -> bytes:
    """Return the case file of this content. Raises `NoSigningKey`."""
    case = {"format": CASE_FORMAT, **content}
    return _canonical({"case": case, "signature": signer.sign_case(epoch, _canonical(case))})


def parse_case_file(data: bytes, keys: PublicKeys) -> dict[str, Any]:
    """Return the content of a case file after its signature is verified.

    Raises:
        MalformedCaseFile: it is not one.
        BadSignature: the issuer's keys did not sign it.
    """
    try:
        signed = json.loads(data)
        case, signature = signed["case"], signed["signature"]
        if set(signed) != {"case", "signature"} or case["format"] != CASE_FORMAT:
            raise MalformedCaseFile(why="its fields are not those of a case file")
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedCaseFile(why=f"it cannot be read ({error})") from None
    detached_signature.verify_detached(
        _canonical(case), signature, keys, prefix=detached_signature.CASE_PREFIX
    )
    content: dict[str, Any] = case
    return content


def _canonical(document: object) -> bytes:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()
