"""Frames of pictures, animations and videos, and the faces in them."""
