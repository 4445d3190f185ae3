"""The project's rules, checked: imports between rooms, and how files are kept."""

import ast
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import search
from models.config.backbone_catalogue import BACKBONES
from tests.factories.data.readers import READERS

ROOT = Path(__file__).parents[1]
PACKAGES = ("data_pipeline", "models", "search")
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

LONGEST = 400
MOST_FILES = 12
SHARED = 2
BANNED = {"utils", "helpers", "common", "base", "misc", "manager"}
COMMANDS = {
    "data_pipeline/check.py",
    "data_pipeline/draft.py",
    "data_pipeline/draw.py",
    "data_pipeline/explore.py",
    "data_pipeline/ferplus.py",
    "models/explain.py",
    "models/live/__main__.py",
    "models/predict.py",
    "models/weights.py",
    "search/clean/__main__.py",
    "search/compare.py",
    "search/dashboard.py",
    "search/export.py",
    "search/replay.py",
    "search/report/__main__.py",
    "search/rescore.py",
    "search/run.py",
    "search/tensorboard.py",
    "search/train.py",
}
PYTHON_DOORS = {
    "data_pipeline/conformance.py",
    "search/conformance.py",
}
"""What the commands do, from Python, and what own code must do."""
TOP_LEVEL = {
    "LICENSE",
    "README.md",
    "data_pipeline",
    "models",
    "pyproject.toml",
    "search",
    "studies",
    "tests",
}
DRAWN = {
    "data_pipeline/pictures/exploration.png",
    "models/pictures/dose_response.png",
    "models/pictures/explanation.png",
    "models/pictures/live.png",
    "models/pictures/prediction.png",
    "search/pictures/comparison.png",
    "search/pictures/dashboard.png",
    "search/pictures/progress.png",
    "search/pictures/report.png",
    "search/pictures/trial.png",
}
"""Pictures of the READMEs, of synthetic faces alone."""
LARGEST = 60_000
"""Bytes of such a picture."""
IMAGES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".pgm"}


def place(path):
    """Names a file as it is named in the repository."""
    return path.relative_to(ROOT).as_posix()


def tree(path):
    """Reads a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path):
    """Collects the top-level packages that a file imports anywhere in it."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def python(code):
    """Runs code in a fresh interpreter at the top of the repository."""
    command = [sys.executable, "-c", code]
    return subprocess.run(  # noqa: S603 - our own code
        command, capture_output=True, text=True, check=False, cwd=ROOT
    )


def tracked():
    """Lists the files that git keeps; skips where this is no checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a checkout")
    command = [git, "ls-files", "-z"]
    done = subprocess.run(  # noqa: S603 - our own command
        command, capture_output=True, text=True, check=False, cwd=ROOT
    )
    if done.returncode:
        pytest.skip("git does not read this checkout")
    return [Path(name) for name in done.stdout.split("\0") if name]


def test_import_contracts():
    """The import contracts of pyproject.toml are kept."""
    done = python(
        "import sys; from importlinter.cli import lint_imports;"
        "sys.exit(lint_imports(no_cache=True, no_logo=True))"
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "module",
    [
        "search.study.study",
        "search.ledger.ledger",
        "models.config.config",
        "data_pipeline.readers",
        "search.api",
    ],
)
def test_light_imports(module):
    """Modules that check input load no engine, so that errors come at once."""
    done = python(
        f"import sys, {module};"
        "print(*{'keras', 'tensorflow', 'ray', 'torch'} & set(sys.modules))"
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_packages_are_this_repositorys():
    """The packages under test are those beside this file, not installed ones."""
    assert Path(search.__file__).parents[1] == ROOT


def test_files_are_short():
    """No source file has more than 400 lines."""
    lengths = {place(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: n for name, n in lengths.items() if n > LONGEST} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_tops_hold_commands(package):
    """The top of a package holds commands, a door for Python, and at most two more."""
    files = {place(path) for path in (ROOT / package).glob("*.py")}
    others = files - COMMANDS - PYTHON_DOORS - {f"{package}/__init__.py"}
    assert len(others) <= SHARED


def test_rooms_are_small():
    """No folder of the source or of its tests holds more than 12 files."""
    folders = Counter(place(path.parent) for path in (*SOURCES, *TESTS))
    assert {name: n for name, n in folders.items() if n > MOST_FILES} == {}


def test_no_nameless_modules():
    """No module or package has a generic name."""
    named = [
        place(path)
        for path in SOURCES
        if BANNED
        & {part.strip("_") for part in path.relative_to(ROOT).with_suffix("").parts}
    ]
    assert named == []


def test_print_in_commands_only():
    """Only modules that are commands print."""
    printing = {
        place(path)
        for path in SOURCES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    }
    assert printing <= COMMANDS


def test_engines_live_behind_one_door():
    """Ray is imported in search/executors/ray; TensorFlow in the training steps.

    Keras is loaded by ``data_pipeline.system.keras_import``, by its name in a string.
    """
    ray = {place(path) for path in SOURCES if "ray" in imported(path)}
    assert {
        name for name in ray if not name.startswith("search/executors/ray/")
    } == set()
    tensorflow = {place(path) for path in SOURCES if "tensorflow" in imported(path)}
    steps = {f"models/training/{name}_steps.py" for name in ("tensorflow", "jax")}
    assert tensorflow <= steps | {"models/backend.py"}
    keras = {place(path) for path in SOURCES if "keras" in imported(path)}
    assert keras == set(), (
        "import it from models.keras_api, with the project's settings"
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_package_inits_hold_a_docstring_alone(package):
    """Importing a package runs nothing: Python runs its init before any module."""
    body = tree(ROOT / package / "__init__.py").body
    assert [type(node) for node in body] == [ast.Expr]


def test_readers_are_the_files_beside_the_table():
    """The data sets name exactly the modules of readers/ that have a ``read``."""
    having = {
        path.stem
        for path in (ROOT / "data_pipeline/readers").rglob("*.py")
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and node.name == "read"
    }
    assert having - {"__init__"} == set(READERS)


def test_backbones_are_the_registered_files():
    """Each backbone's entry names a file of models/backbones, and no file lacks one."""
    folder = ROOT / "models/backbones"
    shared = {"__init__", "backbone", "layers", "pixel_scale"}
    modules = {entry.code.partition(":")[0] for entry in BACKBONES.values()}
    files = [path for path in folder.rglob("*.py") if path.stem not in shared]

    assert modules == {
        place(path).removesuffix(".py").replace("/", ".") for path in files
    }


def test_top_level():
    """The top level holds the names its user fixed, and hidden files."""
    top = {path.parts[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_no_images_are_committed():
    """No image is in the repository but drawn ones: licences of the data forbid it."""
    images = {path.as_posix() for path in tracked() if path.suffix.lower() in IMAGES}
    assert images <= DRAWN
    assert all((ROOT / name).stat().st_size < LARGEST for name in images)


def test_tests_state_their_laws():
    """Each test function has a docstring that states its law."""
    silent = [
        f"{place(path)}: {node.name}"
        for path in TESTS
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []
