"""What a model costs: limits on it, and trials compared by it and by their metrics."""
