"""Style, script and Content-Security-Policy of the public pages."""

import re
from importlib import resources
from typing import Final

from web.security_headers import content_security_policy, hash_source


def _read(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")


def _minify_style(text: str) -> str:
    return re.sub(r"\n\s*", "", re.sub(r"/\*.*?\*/", "", text, flags=re.S)).strip()


def _minify_script(text: str) -> str:
    """Remove indentation and lines that are comments; line ends stay, they may matter."""
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("//"))


STYLE: Final = _minify_style(_read("style.css"))
SCRIPT: Final = _minify_script(_read("script.js"))
POLICY: Final = content_security_policy(
    style=hash_source(STYLE), script=hash_source(SCRIPT), image="data: 'self'", connect="'self'"
)
"""Allows this style, this script and requests to this origin."""
