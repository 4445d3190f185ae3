"""The templates of pages: HTML that needs no network and no script."""

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from data_pipeline.pages.wording import counted, listed
from data_pipeline.system.terminal import escape_controls


def _printed(value: Any) -> Any:
    """Formats counts with commas, and escapes control characters in names.

    Jinja escapes the result.
    """
    if isinstance(value, Markup):
        return value
    return f"{value:,}" if isinstance(value, int) else escape_controls(str(value))


def templates(folder: Path) -> Environment:
    """Reads the templates of a folder, which may extend ``layout.html.j2``."""
    found = Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent], encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        keep_trailing_newline=True,
    )
    found.filters["base64"] = lambda data: base64.b64encode(data).decode("ascii")
    found.globals |= {"counted": counted, "listed": listed}
    return found
