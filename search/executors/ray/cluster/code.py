"""The code that a cluster's workers need: this project, and the user's own code.

Ray uploads it once and unpacks it on every node. What is installed is not uploaded: the
nodes must have it, too.
"""

import shutil
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from data_pipeline.own_code.named_code import user_folders
from data_pipeline.system.import_guard import PACKAGES, ROOT

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


def stage_code(folder: Path, modules: Iterable[str]) -> None:
    """Copies this project's packages into a folder, and modules that are not installed.

    Of a module that is a file of its own, the files beside it come along: it may import
    them.
    """
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=_IGNORED)
    for module in dict.fromkeys(modules):
        _stage(folder, module.partition(".")[0])


def _stage(folder: Path, name: str) -> None:
    spec = find_spec(name)
    if spec is None or name in PACKAGES:
        return
    for place in map(Path, spec.submodule_search_locations or ()):
        if _is_users(place.parent):
            target = folder / place.name
            shutil.copytree(place, target, ignore=_IGNORED, dirs_exist_ok=True)
    if spec.submodule_search_locations is None and spec.origin is not None:
        place = Path(spec.origin).parent
        for path in place.glob("*.py") if _is_users(place) else ():
            if not (folder / path.name).exists():
                shutil.copy(path, folder)


def _is_users(place: Path) -> bool:
    return str(place.resolve()) in user_folders()
