"""A trained model applied to pictures and videos."""
