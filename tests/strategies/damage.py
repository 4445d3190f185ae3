"""Ways in which a file of JSON or TOML is damaged: by a disk, a person, a program."""

import copy
import json

WRONG = (None, True, -1, 1.5, 10**30, float("nan"), "x", [], {}, ["x"], {"x": 1})


def cut(text):
    """Lists texts of which little or nothing is left, and some of another shape."""
    whole = {"half": text[: len(text) // 2], "all but the end": text.rstrip()[:-1]}
    others = ("", "\0\0", "[]", "{}", "null", "3", '"a"', "[" * 100_000, "1" * 5000)
    return whole | {repr(other[:9]): other for other in others}


def places(value, depth=3):
    """Walks the keys of an object, outer ones first."""
    if isinstance(value, dict) and depth:
        for key, inner in value.items():
            yield (key,)
            yield from ((key, *more) for more in places(inner, depth - 1))


def changed(whole):
    """Yields copies of an object with one key taken out, or with another value."""
    for place in places(whole):
        for value in ("missing", *WRONG):
            damaged = copy.deepcopy(whole)
            inside = damaged
            for key in place[:-1]:
                inside = inside[key]
            if value == "missing":
                del inside[place[-1]]
            else:
                inside[place[-1]] = value
            yield f"{'.'.join(place)}: {value}", damaged


def damages(whole):
    """Yields a name and a text for every way in which a JSON object is damaged."""
    yield from cut(json.dumps(whole, indent=2)).items()
    for name, damaged in changed(whole):
        yield name, json.dumps(damaged)
