"""The geometry of a synthetic face: muscles, curves, creases and bumps."""
