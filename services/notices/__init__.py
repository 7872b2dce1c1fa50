"""Use cases of notices: webhooks, e-mail addresses, digests."""
