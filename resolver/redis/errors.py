"""What can go wrong between us and a Redis server, besides a lost connection."""


class RedisRefused(Exception):
    """The server answered with an error; `args[0]` is its text, which begins with a code."""


class NotSent(ConnectionError):
    """There was no connection: the server has surely not carried out the command."""
