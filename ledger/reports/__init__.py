"""Reports of consumers, with their photos, contacts and weights."""
