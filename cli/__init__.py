"""The veritem command: opens the rooms with their settings and calls them."""
