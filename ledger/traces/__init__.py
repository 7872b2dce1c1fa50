"""What traces ask of events, lots and stamps."""
