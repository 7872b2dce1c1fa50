"""`python -m cli` is `veritem`."""

from cli.main import main

main()
