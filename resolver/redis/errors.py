"""Errors of the Redis client, beside ConnectionError for a connection that was lost."""


class RedisRefused(Exception):
    """The server answered with an error; `args[0]` is its text, which begins with a code."""


class NotSent(ConnectionError):
    """There was no connection, so the server has not run the command."""
