"""A trained model applied to images and videos."""
