"""``results.md``: what a paper tells of a search and of its one test, in Markdown."""
