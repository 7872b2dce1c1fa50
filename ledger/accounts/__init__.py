"""Accounts: people, devices, passwords, second factors, sessions, tokens and invitations."""
