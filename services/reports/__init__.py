"""Use cases of consumers' reports: inbox, intake, weighing."""
