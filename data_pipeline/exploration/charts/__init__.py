"""Charts: each module draws one kind, all in the same style, into bytes of a PNG."""
