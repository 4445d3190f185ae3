"""Reads and validates study files: sections, space, objective."""
