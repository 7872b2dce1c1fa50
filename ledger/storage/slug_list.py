"""Lists of slugs in one column, separated by commas, which slugs never contain."""


def join_slugs(slugs: tuple[str, ...]) -> str:
    """Return slugs as one text."""
    return ",".join(slugs)


def split_slugs(text: str) -> tuple[str, ...]:
    """Return the slugs of a text."""
    return tuple(filter(None, text.split(",")))
