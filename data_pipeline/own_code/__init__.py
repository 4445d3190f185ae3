"""Code of the user's own: how a study names it, and what checks it."""
