"""Orders of stamps, their states, numbers, quotas and limits."""
