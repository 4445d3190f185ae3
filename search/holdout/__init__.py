"""The one test of the retrained model: the hold-out is opened, and it is scored."""
