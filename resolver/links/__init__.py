"""Links of GS1 keys in the public service."""
