"""The handlers of the public service: one module for each thing that a client can ask."""
