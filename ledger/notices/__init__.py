"""Notices: the outboxes of webhooks and e-mail, and what they tell."""
