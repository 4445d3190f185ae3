"""Pretrained weights: their sources, how they are loaded, what they trained on."""
