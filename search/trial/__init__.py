"""One configuration trained and scored over its folds."""
