"""Readers of own data: any faces that a study describes, as a table or as folders."""
