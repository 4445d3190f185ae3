"""The targets by their names."""

from collections.abc import Callable
from importlib import import_module

from tests.benchmarks.survival.fuzz.targets.target import Target

_FOLDER = "tests.benchmarks.survival.fuzz.targets"
TARGETS = {
    "studies": "studies:STUDY_FILES",
    "settings": "studies:SETTINGS",
    "readers": "readers:READERS",
    "images": "images:IMAGES",
    "models": "models:MODELS",
    "made_runs": "runs:MADE_RUNS",
    "real_runs": "runs:REAL_RUNS",
    "storages": "storages:STORAGES",
}


def load_target(name: str) -> Target:
    """Imports a target; some load Keras."""
    module, _, attribute = TARGETS[name].partition(":")
    found: Target = getattr(import_module(f"{_FOLDER}.{module}"), attribute)
    return found


Load = Callable[[str], Target]
