"""Writes a ``.keras`` model in other formats, and checks each against it."""
