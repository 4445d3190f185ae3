"""From a face's geometry to pixels, and its 68 landmarks."""
