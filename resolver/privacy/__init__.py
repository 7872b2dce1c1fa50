"""Privacy of consumers: one-time tokens, pseudonyms, and limits that keep no address."""
