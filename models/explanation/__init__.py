"""What a model looks at, and what each of its outputs responds to."""
