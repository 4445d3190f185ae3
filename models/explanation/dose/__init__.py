"""The response of a model to the intensity of one action unit."""
