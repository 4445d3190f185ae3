"""Metrics of predictions: emotions, action units, valence and arousal."""
