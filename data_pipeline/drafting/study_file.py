"""A draft as the text of a study file, with its findings as comments."""

import json
import shlex
import textwrap
from collections.abc import Iterator
from typing import Any

from data_pipeline.drafting.draft import Draft

METRICS = {
    "emotion": "emotion.macro_f1",
    "action_units": "action_units.mean_auc",
    "action_unit_intensities": "action_unit_intensities.mean_icc",
    "valence_arousal": "valence_arousal.mean_ccc",
}
"""Target -> the metric that a draft maximizes."""

_ORDER = ("dataset", "targets", "emotions", "image_size", "channels", "crop")
_WIDTH = 88

_SEARCH = """
[search]
trials = 40
seed = 1
sampler = "bohb"
pruner = "successive_halving"

[fixed]
"backbone.name" = "residual_cnn"
"training.epochs" = 30
"training.patience" = 8

[space]
"backbone.blocks" = [2, 3, 4]
"backbone.filters" = [32, 64, 128]
"head.dense_units" = [0, 64, 128]
"head.dropout" = { low = 0.0, high = 0.6, step = 0.1 }
"training.learning_rate" = { low = 1e-4, high = 1e-2, log = true }
"training.batch_size" = [16, 32]
"balance" = ["none", "class_weights"]
"augmentation.preset" = ["standard", "pad_crop_flip_brightness"]
"augmentation.strength" = { low = 0.0, high = 1.0 }
"""


def study_text(draft: Draft, *, data: str, study: str) -> str:
    """Writes a draft as TOML.

    Args:
        draft: the draft.
        data: the folder that was looked at, as the user gave it.
        study: the path of the file.

    Returns:
        The text of a study that ``search.run`` accepts.
    """
    return "\n".join(
        (
            *_header(draft, data, study),
            "",
            "[data]",
            *_lines(draft.data),
            "",
            "[split]",
            *_lines(draft.split),
            "hold_out = 0.2",
            "hold_out_seed = 1",
            "",
            "[objective]                   # value = weighted mean; always maximized",
            *(f'"{METRICS[target]}" = 1.0' for target in draft.data["targets"]),
            _SEARCH.rstrip(),
            "",
        )
    )


def _header(draft: Draft, data: str, study: str) -> Iterator[str]:
    """Yields the comments at the top."""
    yield from _comment("Drafted by python -m data_pipeline.draft: check what it says.")
    yield "#"
    for title, lines in (("Found", draft.found), ("Assumed", draft.assumed)):
        yield f"# {title}:"
        for line in lines:
            yield from _comment(line.strip(), bullet="- ")
    yield "#"
    for title, module in (("Next: ", "data_pipeline.check"), ("      ", "search.run")):
        words = ("python", "-m", module, "--study", study, "--data", data)
        yield f"# {title} {shlex.join(words)}"


def _comment(text: str, bullet: str = "") -> list[str]:
    """Wraps a comment; what the data contain cannot end it."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return textwrap.wrap(
        plain,
        _WIDTH,
        initial_indent=f"# {bullet}",
        subsequent_indent="#   " if bullet else "# ",
        break_on_hyphens=False,
    )


def _lines(keys: dict[str, Any]) -> Iterator[str]:
    """Yields the keys in the usual order; tables come last."""
    names = sorted(keys, key=lambda key: (*_ORDER, key).index(key))
    for name in names:
        if not isinstance(keys[name], dict):
            yield f"{name} = {_value(keys[name])}"
    for name in names:
        if isinstance(keys[name], dict):
            inner = (f"{_key(r)} = {_value(found)}" for r, found in keys[name].items())
            yield f"{name} = {{ {', '.join(inner)} }}"


def _key(name: str) -> str:
    """Writes a key of a table; quoted, where TOML needs it."""
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else _value(name)


def _value(value: object) -> str:
    """Writes a value; strings and lists of JSON are those of TOML."""
    return json.dumps(value, ensure_ascii=True)
