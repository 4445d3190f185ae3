"""Grad-CAM: a network cut at its last map, and where the map's cells lie."""
