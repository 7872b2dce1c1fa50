"""Slugs that share one cell, with commas between them: they have none of their own."""


def join_slugs(words: tuple[str, ...]) -> str:
    """Words as one cell."""
    return ",".join(words)


def split_slugs(text: str) -> tuple[str, ...]:
    """The words of a cell."""
    return tuple(filter(None, text.split(",")))
