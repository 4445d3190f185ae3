"""Exports a run's model in a format: chosen, checked on images, written."""
