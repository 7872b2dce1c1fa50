"""The `veritem` command."""


def main() -> None:
    """Run the command line."""
