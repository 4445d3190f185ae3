"""Files on disk: safe opening, atomic writing, locks, TOML, JSON, CSV, numbers."""
