"""What a run and its report write in words, beside the numbers."""
