"""When a search ends: its trials, its hours, or no better trial any more."""
