"""Use cases of accounts: sign-in, invitations, sessions, tokens, devices."""
