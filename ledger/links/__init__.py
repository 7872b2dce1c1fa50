"""Links of GS1 keys: the link sets, and which keys and hosts are an organisation's."""
