"""A configuration becomes a trained model: backbones, heads, losses, training."""
