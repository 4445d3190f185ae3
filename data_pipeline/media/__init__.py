"""Frames of images, animations and videos, and the faces in them."""
