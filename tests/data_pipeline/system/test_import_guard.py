"""No file of the user shadows a package of this project."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from data_pipeline.system.import_guard import drop_working_folder, foreign_package

ROOT = Path(__file__).parents[3]
THEIRS = "raise SystemExit('a file of a person was run')\n"
COMMANDS = {
    "search.run": ("--study", "nowhere"),
    "search.train": ("--config", "nowhere.toml"),
    "search.export": ("--study", "nowhere", "--to", "a.toml"),
    "search.tensorboard": ("--study", "nowhere"),
    "search.dashboard": ("--study", "nowhere"),
    "models.predict": ("--model", "nowhere.keras", "a.png"),
    "models.live": ("--model", "nowhere.keras"),
}
HELD = """
import sys
from data_pipeline.system.import_guard import pin_packages
pin_packages()
sys.path.insert(0, "")
sys.path.insert(0, sys.argv[1])
import models.config.hyperparameters, search.study.study, numpy
print(models.__file__, numpy.__name__)
"""


@pytest.fixture
def folder(tmp_path):
    """A working folder with files that are named as packages are."""
    for name in ("models.py", "data_pipeline.py", "numpy.py", "pandas.py"):
        (tmp_path / name).write_text(THEIRS)
    (tmp_path / "search").mkdir()
    (tmp_path / "studies").mkdir()
    return tmp_path


def python(*words, cwd, path=ROOT):
    """Runs Python in a folder, with the project installed elsewhere."""
    return subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, *words],
        env=os.environ | {"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_do_not_see_the_working_folder(command, folder):
    """Each command uses its own packages, wherever it is run."""
    if command.startswith("models"):
        # Python itself looks for ``models.predict`` before our check runs.
        (folder / "models.py").unlink()
    done = python("-m", command, *COMMANDS[command], cwd=folder)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith("error: ")
    assert "nowhere" in done.stderr


def test_a_package_of_the_same_name_is_refused(folder):
    """A package that is found before ours is named, in one line, at once."""
    path = f"{folder}{os.pathsep}{ROOT}"
    elsewhere = folder / "search"
    done = python("-m", "search.run", "--study", "smoke", cwd=elsewhere, path=path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: the package data_pipeline of this project is hidden")
    assert str(folder / "data_pipeline.py") in line
    assert "PYTHONPATH" in line


def test_a_worker_keeps_to_our_packages(folder):
    """What Ray puts first in a worker's path is passed over."""
    done = python("-c", HELD, str(folder), cwd=folder / "search")
    assert "a file of a person was run" in done.stderr  # another folder is not ours
    done = python("-P", "-c", HELD, str(folder), cwd=folder)
    assert done.stdout.split() == [str(ROOT / "models/__init__.py"), "numpy"]


def test_the_projects_own_folder_stays(monkeypatch, tmp_path):
    """The working folder is removed from the path, but the project's or a named one."""
    kept = ["/a", str(ROOT)]
    monkeypatch.chdir(ROOT)
    drop_working_folder(path := [str(ROOT), *kept])
    assert path == [str(ROOT), *kept]
    monkeypatch.chdir(tmp_path)
    drop_working_folder(path := ["", str(tmp_path), *kept])
    assert path == kept
    monkeypatch.setenv("PYTHONPATH", f".{os.pathsep}/a")
    drop_working_folder(path := [str(tmp_path), *kept])
    assert path == [str(tmp_path), *kept]
    assert foreign_package() is None


def test_each_command_guards_its_names():
    """Every module that runs as a command begins with the guard."""
    for package in ("data_pipeline", "models", "search"):
        for path in (ROOT / package).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if "sys.exit(main())" in text:
                first = ast.parse(text).body[1]
                assert ast.unparse(first.body[1]).startswith("runpy.run_path("), path
                assert "/data_pipeline/system/import_guard.py" in ast.unparse(first)


def test_a_working_folder_that_is_gone(tmp_path):
    """A command in a deleted folder prints one line."""
    gone = tmp_path / "gone"
    gone.mkdir()
    code = (
        "import os, runpy, sys; os.rmdir(os.getcwd()); "
        "sys.argv[1:] = ['--study', 'nowhere']; "
        "runpy.run_module('search.run', run_name='__main__', alter_sys=True)"
    )
    ended = python("-c", code, cwd=gone)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: the working folder was deleted")
    assert ended.stderr.count("\n") == 1
