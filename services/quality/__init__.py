"""Quality of data: measures over facts, reports of organisations and provinces."""
