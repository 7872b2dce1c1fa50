"""Authentication: sign-in sessions of the pages, tokens of machines, and form tokens."""
