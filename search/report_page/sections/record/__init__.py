"""What is needed to trust, cite and continue a run."""
