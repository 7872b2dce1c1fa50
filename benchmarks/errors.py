"""Errors that end a benchmark with one line instead of a traceback."""


class BenchmarkError(Exception):
    """A benchmark cannot run or its result is not valid; the message is for the user."""
