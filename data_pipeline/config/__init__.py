"""What a study says of its data: the sections ``[data]`` and ``[split]``."""
