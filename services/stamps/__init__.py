"""Use cases of stamps: look up, activate, change state, recall."""
