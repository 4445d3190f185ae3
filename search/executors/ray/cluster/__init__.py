"""Searches in a running Ray cluster."""
