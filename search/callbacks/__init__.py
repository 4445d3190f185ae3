"""What follows a search as it runs: progress, curves, tables, checkpoints."""
