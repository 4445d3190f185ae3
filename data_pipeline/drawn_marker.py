"""The mark of drawn faces: known without loading what draws them."""

MARKER = "DRAWN.txt"
"""The file that says that nobody in the folder is real."""
