"""The diary in the ledger: its entries beside their events, and imports that wait."""
