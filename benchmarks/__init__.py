"""What is measured, against what, with committed results."""
