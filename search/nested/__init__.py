"""Nested evaluation: a search in each outer part, and one report over all people."""
