"""What is prepared for macOS and Windows: guarded calls, and one file for their CI."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SOURCES = [
    path
    for package in ("data_pipeline", "models", "search")
    for path in sorted((ROOT / package).rglob("*.py"))
]

MODULES = {"fcntl", "grp", "pwd", "pty", "resource", "termios"}
"""Modules that Windows lacks."""

CALLS = {
    "os": {
        "O_NOCTTY",
        "O_NONBLOCK",
        "fork",
        "geteuid",
        "getuid",
        "kill",  # there it ends the process, whatever the signal
        "killpg",
        "mkfifo",
        "nice",
        "sched_getaffinity",
        "setsid",
        "uname",
        "wait4",
    },
    "signal": {"SIGALRM", "SIGHUP", "SIGKILL", "SIGSTOP", "SIGUSR1", "setitimer"},
}
"""Names that Windows lacks, or means otherwise."""

GUARDED = {
    "data_pipeline/files/file_lock.py: fcntl",
    "data_pipeline/system/workers.py: os.sched_getaffinity",
    "search/executors/ray/folder.py: os.geteuid",
}
"""Uses behind a check of the system; each was read."""

WORKFLOW = ROOT / ".github" / "workflows" / "tests.yml"


def uses(path):
    """Lists what a file uses of the names above."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from {one.name for one in node.names} & MODULES
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES | CALLS.keys():
            names = {one.name for one in node.names}
            yield from names & CALLS.get(node.module, names)
        elif isinstance(node, ast.Attribute):
            module = node.value.id if isinstance(node.value, ast.Name) else ""
            if node.attr in CALLS.get(module, ()):
                yield f"{module}.{node.attr}"


def test_what_windows_lacks_is_guarded():
    """Nothing that Windows lacks is used without a check of the system."""
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path in SOURCES
        for name in uses(path)
    }
    assert found == GUARDED


@pytest.fixture
def job():
    """The job of the prepared file, as a mapping."""
    (found,) = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"].values()
    return found


def test_three_systems(job):
    """Tests are prepared for each system and for each Python that is supported."""
    matrix = job["strategy"]["matrix"]
    assert [one.partition("-")[0] for one in matrix["os"]] == [
        "ubuntu",
        "macos",
        "windows",
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    first, end = map(int, re.findall(r"3\.(\d+)", project["requires-python"]))
    assert matrix["python"] == [f"3.{minor}" for minor in range(first, end)]


def test_commands_of_the_readme(job):
    """The prepared file runs the README's commands, and names nothing else."""
    readme = (ROOT / "README.md").read_text("utf-8")
    steps = [step["run"] for step in job["steps"] if "run" in step]
    for command in ('pip install -e ".[test]"', "python -m pytest"):
        assert command in readme
        assert command in steps
    assert "python -m search.run --study smoke" in steps
    assert all("secrets" not in step for step in steps)
