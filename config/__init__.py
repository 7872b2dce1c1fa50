"""Settings, typed and documented, read once at start."""
