"""What pages are made of: sections, charts, numbers in words, one layout."""
