"""The graph: backbone, heads, losses, augmentation, optimizers."""
