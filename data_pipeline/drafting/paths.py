"""Guesses from the paths of images: what folders and file names say."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath

from data_pipeline.dataset.own_data import EMOTION, PART, SUBJECT
from data_pipeline.dataset.skipped_files import MAX_COUNTED, files_below
from data_pipeline.labels.spellings import emotion_of, is_image
from data_pipeline.readers.own.file_names import find_in_names, part_of

_LOOKED = 20
_FIRST_WORD = "^({})[-_. ]"


def images_below(root: Path) -> list[str]:
    """Lists images below a folder, relative to it, up to a bound."""
    files = islice(files_below(root), MAX_COUNTED)
    found = (path.relative_to(root) for path in files if is_image(path.name))
    return sorted(path.as_posix() for path in found)


def guess_names(images: Sequence[str]) -> dict[str, str]:
    """Returns expressions for the emotion, and for subject and part if paths have them.

    Empty if no level of folders and no word of the file names is an emotion.

    Example:
        >>> paths = [f"p{n}/{word}/{n}.png" for n in "12" for word in ("Joy", "sad")]
        >>> guess_names(paths)
        {'emotion': '^[^/]+/([^/]+)/', 'subject': '^([^/]+)/'}
        >>> guess_names(["all/1_happy.png", "all/2_sad.png"])
        {'emotion': '^[^-_. ]+[-_. ]+([^-_. ]+)'}
    """
    levels = list(_levels(images))
    for place, values in enumerate(levels):
        if _are_emotions(values):
            others = [other for other in range(len(levels)) if other != place]
            return {EMOTION: _folder(place)} | _roles(levels, others, values)
    for place in range(_most_words(images)):
        pattern = r"^" + r"[^-_. ]+[-_. ]+" * place + r"([^-_. ]+)"
        words = [_found(pattern, image) for image in images]
        if _are_emotions(words):
            found = {EMOTION: pattern}
            return found | _roles(levels, range(len(levels)), words)
    return {}


def emotions_in(images: Sequence[str], pattern: str | None) -> list[str]:
    """Returns what an expression finds; without one, the names of the last folders."""
    if pattern is None:
        return [PurePosixPath(image).parent.name for image in images]
    found = find_in_names(images, {EMOTION: pattern})
    return [names[EMOTION] for names in found if EMOTION in names]


def guess_part(images: Sequence[str]) -> dict[str, str]:
    """Returns an expression for the part if each file name begins with one."""
    firsts = [re.split(r"[-_. 0-9]", PurePosixPath(image).name)[0] for image in images]
    found = sorted({first for first in firsts if part_of(first) is not None})
    if len({part_of(first) for first in firsts}) < 2 or {*firsts} - {*found}:  # noqa: PLR2004 - train and test
        return {}
    return {PART: _FIRST_WORD.format("|".join(map(re.escape, found)))}


def guess_image(root: Path, column: str, cells: Sequence[str]) -> str | None:
    """Returns a template of the paths of images, or ``None`` where cells are paths.

    Args:
        root: the folder that paths are relative to.
        column: the column that names the images.
        cells: its cells.
    """
    looked = [cell.strip() for cell in cells[:_LOOKED] if cell.strip()]
    if not looked or all((root / cell).is_file() for cell in looked):
        return None
    images = images_below(root)
    whole = {f"{column}{form}" for form in ("", ".name", ".stem")}
    for image in _of_cell(images, looked[0]):
        for place in sorted(whole):
            template = _template(image, looked[0], place)
            if template and all(
                _filled(template, place, cell) in images for cell in looked
            ):
                return template
    return None


def _of_cell(images: Sequence[str], cell: str) -> Iterator[str]:
    """Yields the images whose name contains that of a cell."""
    stem = PurePosixPath(cell.replace("\\", "/")).stem
    return (image for image in images if stem in PurePosixPath(image).name)


_FORMS: dict[str, Callable[[PurePosixPath], str]] = {
    "name": lambda path: path.name,
    "stem": lambda path: path.stem,
}


def _part_of_cell(place: str, cell: str) -> str:
    form = _FORMS.get(place.rpartition(".")[2])
    return form(PurePosixPath(cell.replace("\\", "/"))) if form else cell


def _template(image: str, cell: str, place: str) -> str | None:
    """Puts a place where an image's path has the cell; ``None`` if it has it not."""
    part = _part_of_cell(place, cell)
    head, found, tail = image.rpartition(part)
    return f"{head}{{{place}}}{tail}" if found else None


def _filled(template: str, place: str, cell: str) -> str:
    return template.replace(f"{{{place}}}", _part_of_cell(place, cell))


def _levels(images: Sequence[str]) -> Iterator[list[str]]:
    """Yields the names of each level of folders that all images have."""
    folders = [PurePosixPath(image).parts[:-1] for image in images]
    for place in range(min(map(len, folders), default=0)):
        yield [parts[place] for parts in folders]


def _are_emotions(values: Sequence[str | None]) -> bool:
    """Returns whether names are two or more usual words of emotions."""
    known = {value: emotion_of(value or "") for value in {*values}}
    return len(known) > 1 and all(known.values())


def _roles(
    levels: Sequence[Sequence[str]],
    places: Sequence[int],
    emotions: Sequence[str | None],
) -> dict[str, str]:
    """Returns expressions for parts and subjects among other levels of folders."""
    found: dict[str, str] = {}
    for place in places:
        names = {*levels[place]}
        if len(names) > 1 and all(part_of(name) for name in names):
            found[PART] = _folder(place)
        elif SUBJECT not in found and _are_people(levels[place], emotions):
            found[SUBJECT] = _folder(place)
    return found


def _are_people(names: Sequence[str], emotions: Sequence[str | None]) -> bool:
    """Returns whether half of the folders of a level have several emotions."""
    shown: dict[str, set[str | None]] = {}
    for name, emotion in zip(names, emotions, strict=True):
        shown.setdefault(name, set()).add(emotion)
    several = sum(len(seen) > 1 for seen in shown.values())
    return len(shown) > 1 and 2 * several >= len(shown)


def _folder(place: int) -> str:
    return "^" + "[^/]+/" * place + "([^/]+)/"


def _most_words(images: Sequence[str]) -> int:
    names = (PurePosixPath(image).stem for image in images)
    return max((len(re.findall(r"[^-_. ]+", name)) for name in names), default=0)


def _found(pattern: str, image: str) -> str | None:
    match = re.search(pattern, PurePosixPath(image).name)
    return match[1] if match else None
