"""Use cases of links of GS1 keys: whose keys and hosts they are, and editing the links."""
