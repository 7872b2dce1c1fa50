"""The watch over registered codes: activity, facts of the season, alerts."""
