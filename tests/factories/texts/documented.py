"""The Python that the READMEs show, which the tests run."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = ("README.md", "search", "studies", "models", "data_pipeline")


def python_blocks():
    """Yields page and text of each Python block of the READMEs."""
    for page in PAGES:
        path = ROOT / page if page.endswith(".md") else ROOT / page / "README.md"
        for found in re.finditer(
            r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL
        ):
            yield path.relative_to(ROOT).as_posix(), found[1]


def write_modules(folder):
    """Writes the blocks that begin with the name of a file into a folder."""
    folder.mkdir()
    for _, text in python_blocks():
        named = re.match(r"# (\w+\.py)\n", text)
        if named:
            (folder / named[1]).write_text(text)
    return folder
