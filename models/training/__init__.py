"""Training on a compiled graph that is reset and used again."""
