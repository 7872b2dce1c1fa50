"""The one style and the one script of the pages, and the policy that allows only them."""

import base64
import hashlib
import re
from importlib import resources
from typing import Final


def _read(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")


def _small_style(text: str) -> str:
    return re.sub(r"\n\s*", "", re.sub(r"/\*.*?\*/", "", text, flags=re.S)).strip()


def _small_script(text: str) -> str:
    """Without comments on lines of their own and indentation; line ends stay, they may matter."""
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


STYLE: Final = _small_style(_read("style.css"))
SCRIPT: Final = _small_script(_read("script.js"))
POLICY: Final = (
    f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; img-src data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy (level 3): this style, this script, this origin, and nothing else."""
