"""Use cases of proposals: what one person asks for and another decides."""
