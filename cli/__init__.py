"""The `veritem` command: parses arguments, calls services, prints their results."""
