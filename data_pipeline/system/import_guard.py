"""Keeps files of the working folder from standing in for this project's packages.

``python -m`` looks into the working folder first, also where the project is installed
elsewhere: a ``models.py`` of a person's own would then be taken for ``models``. Each
command runs this file first, by its place, since its name may be taken too.
"""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("data_pipeline", "models", "search")


def insist() -> None:
    """Lets packages be this project's own; ends the process where they are not."""
    try:
        if not sys.flags.safe_path:
            leave_working_folder(sys.path)
        told = foreign()
    except FileNotFoundError:
        told = "the working folder was deleted; go to one that exists"
    if told is not None:
        sys.stderr.write(f"error: {told}\n")
        sys.exit(2)


def hold() -> None:
    """Lets packages be this project's own in a worker, in whose path Ray puts a folder.

    It puts the driver's working folder first, after this has run.
    """
    for name in PACKAGES:
        import_module(name)
    # A folder without a finder is passed over.
    sys.path_importer_cache[str(Path.cwd())] = None


def worker_setup() -> dict[str, str]:
    """Says what Ray is to call in each worker that it starts, if anything."""
    if Path.cwd() == ROOT:
        return {}  # a worker finds the packages in its working folder alone
    return {"worker_process_setup_hook": "data_pipeline.system.import_guard.hold"}


def leave_working_folder(path: list[str], root: Path = ROOT) -> None:
    """Takes the working folder off a path where it is not the project's.

    Args:
        path: of Python's imports; changed.
        root: the folder that the project's packages lie in.
    """
    here = Path.cwd()
    if here != root:
        path[:] = [place for place in path if Path(place).resolve() != here]


def foreign(root: Path = ROOT) -> str | None:
    """Says which package is another one of the same name, if one is."""
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is not None and _place(spec) != root / name:
            return (
                f"the package {name} of this project is hidden by {_place(spec)}, "
                "which Python finds first; rename that, or take its folder off "
                "PYTHONPATH"
            )
    return None


def _place(spec: ModuleSpec) -> Path:
    """Tells where a package or module lies."""
    folders = list(spec.submodule_search_locations or ())
    return Path(folders[0] if folders else spec.origin or spec.name).resolve()
