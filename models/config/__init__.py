"""What a model is built from: settings, schedules, presets, the backbones' table."""
