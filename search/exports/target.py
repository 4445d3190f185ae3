"""Which format is exported, and to where: format and ending must fit."""

from pathlib import Path

from data_pipeline.system.errors import InputError
from models.conversion.formats import FORMATS, sidecar_path

TOML = "toml"
"""The configuration of a trial; all other formats are of the model."""

ENDINGS = {TOML: ".toml"} | {name: form.ending for name, form in FORMATS.items()}
"""Format -> ending of its file; empty for a folder."""

NAMES = ", ".join(ENDINGS)


def chosen_format(name: str | None, to: Path | None) -> str:
    """Returns the format: the named one, or the first of the file's ending.

    Raises:
        InputError: there is neither, they do not fit, or the ending is unknown.

    Example:
        >>> (
        ...     chosen_format(None, Path("best.toml")),
        ...     chosen_format(None, Path("a.tflite")),
        ... )
        ('toml', 'litert')
    """
    if name is None:
        return _by_ending(to)
    if name not in ENDINGS:
        raise InputError(f"--format {name}: is one of {NAMES}")
    if to is not None and to.suffix != ENDINGS[name]:
        kind = f"a file that ends in {ENDINGS[name]}" if ENDINGS[name] else "a folder"
        raise InputError(
            f"--to {to}: {name} is written to {kind}, found "
            f"{to.suffix or 'no ending'}; name --to {to.with_suffix(ENDINGS[name])}, "
            "or another --format"
        )
    return name


def _by_ending(to: Path | None) -> str:
    if to is None:
        raise InputError(f"what to write is not named; add --format, one of {NAMES}")
    fitting = [name for name, ending in ENDINGS.items() if ending == to.suffix]
    if not to.suffix or not fitting:
        known = ", ".join(dict.fromkeys(filter(None, ENDINGS.values())))
        raise InputError(
            f"--to {to}: the ending says the format and is one of {known}, found "
            f"{to.suffix or 'none'}; or add --format, one of {NAMES}"
        )
    return fitting[0]


def model_target(run: Path, name: str, to: Path | None) -> Path:
    """Returns the new file or folder of a model, by default in the folder of its run.

    Raises:
        InputError: it or its sidecar exists, or the folder that is named does not.
    """
    target = run / name / f"model{ENDINGS[name]}" if to is None else to
    for path in (target, sidecar_path(target)):
        if path.exists():
            raise InputError(
                f"{path}: the file exists and is not overwritten; move it away, or "
                "name another --to"
            )
    if to is not None and not to.parent.is_dir():
        raise InputError(f"--to {to}: the folder {to.parent} does not exist; create it")
    return target
