"""Stops files of the working folder from hiding this project's packages.

``python -m`` searches the working folder first, even where the project is installed
elsewhere: a user's own ``models.py`` would be imported in place of ``models``. Each
command runs this file first, by its path, because its module name may be hidden too.
"""

import os
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("data_pipeline", "models", "search")


def require_own_packages() -> None:
    """Ends the process with exit code 2 unless the packages are this project's own."""
    try:
        if not sys.flags.safe_path:
            drop_working_folder(sys.path)
        problem = foreign_package()
    except FileNotFoundError:
        problem = "the working folder was deleted; go to one that exists"
    if problem is not None:
        sys.stderr.write(f"error: {problem}\n")
        sys.exit(2)


def pin_packages() -> None:
    """Imports the packages in a Ray worker, before Ray changes the import path.

    Afterwards, Ray puts the driver's working folder first in ``sys.path``. Where the
    driver does not look into it, the worker does not either.
    """
    for name in PACKAGES:
        import_module(name)
    if Path.cwd() not in {ROOT, *_named_folders()}:
        # Python skips a folder without a finder.
        sys.path_importer_cache[str(Path.cwd())] = None


def drop_working_folder(path: list[str], root: Path = ROOT) -> None:
    """Removes the working folder from an import path, unless it is the project's.

    A working folder that ``PYTHONPATH`` names stays.
    """
    here = Path.cwd()
    if here != root and here not in _named_folders():
        path[:] = [place for place in path if Path(place).resolve() != here]


def _named_folders() -> set[Path]:
    """Lists the folders of ``PYTHONPATH``."""
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return {Path(place).resolve() for place in named if place}


def foreign_package(root: Path = ROOT) -> str | None:
    """Returns an error message if a package is another one of the same name."""
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is not None and _place(spec) != root / name:
            return (
                f"the package {name} of this project is hidden by {_place(spec)}, "
                "which Python finds first; rename that, or remove its folder from "
                "PYTHONPATH"
            )
    return None


def _place(spec: ModuleSpec) -> Path:
    folders = list(spec.submodule_search_locations or ())
    return Path(folders[0] if folders else spec.origin or spec.name).resolve()


if __name__ == "<run_path>":  # a command runs this file through runpy.run_path
    require_own_packages()
