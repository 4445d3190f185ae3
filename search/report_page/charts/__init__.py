"""Charts of the report as PNG bytes."""
