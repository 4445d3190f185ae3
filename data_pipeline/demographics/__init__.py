"""Who the subjects are: a table of them, and their groups that may be shown."""
