"""Frees disk space: what a run has left, and the cache; nothing that is a result."""
