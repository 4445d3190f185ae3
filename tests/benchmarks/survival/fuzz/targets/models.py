"""Exported models: the sidecar with other values, the model's file with other parts."""

import hashlib
import io
import json
import random
import zipfile
from pathlib import Path

from hypothesis import strategies as st

from tests.benchmarks.survival.fuzz.case import Case
from tests.benchmarks.survival.fuzz.targets.target import Target
from tests.factories.exported_model import exported
from tests.strategies.byte_damage import DRAWS, WORDS, damaged_bytes, edited
from tests.strategies.document_damage import changed_value, damaged_json
from tests.strategies.pictures import PICTURES

BASE, MODEL, SIDECAR = "models", "model.keras", "model.json"
_WORDS = ("--model", MODEL, "--to", "faces.csv", "faces")


def prepare(bases: Path) -> None:
    """Writes a model, its sidecar, and a few pictures."""
    root = bases / BASE
    (root / "faces").mkdir(parents=True)
    exported(root)
    for number, content in enumerate(PICTURES[:3]):
        (root / f"faces/{number}.png").write_bytes(content)


def _case(**files: bytes) -> Case:
    named = {name.replace("_", "."): content for name, content in files.items()}
    return Case(command="models.predict", words=_WORDS, base=BASE, files=named)


def sound(_: Path) -> list[Case]:
    """Predicts the pictures."""
    return [_case()]


def cases(bases: Path) -> st.SearchStrategy[Case]:
    """Draws a damaged sidecar, or a damaged model whose digest is right."""
    model = (bases / BASE / MODEL).read_bytes()
    sidecar = (bases / BASE / SIDECAR).read_bytes()
    repacked = DRAWS.map(lambda draw: repack(model, draw))
    other = st.one_of(damaged_bytes(model), repacked, repacked, repacked)
    signed = other.map(
        lambda content: _case(model_keras=content, model_json=sign(sidecar, content))
    )
    return st.one_of(
        damaged_json(sidecar).map(lambda content: _case(model_json=content)),
        signed,
        signed,
        damaged_bytes(model).map(lambda content: _case(model_keras=content)),
    )


def sign(sidecar: bytes, model: bytes) -> bytes:
    """Writes a model's digest into a sidecar, as its author would."""
    digest = hashlib.sha256(model).hexdigest()
    return json.dumps(json.loads(sidecar) | {"sha256": digest}).encode()


def repack(model: bytes, draw: random.Random) -> bytes:
    """Packs a model's file again, with a part changed, renamed, left out or added."""
    with zipfile.ZipFile(io.BytesIO(model)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = draw.choice(sorted(parts))
    kind = draw.randrange(6)
    if kind == 0:
        del parts[name]
    elif kind == 1:
        parts[_name(draw)] = parts.pop(name)
    elif kind == 2:
        parts[_name(draw)] = b"x" * 100
    elif name.endswith(".json"):
        value = changed_value(json.loads(parts[name]), draw)
        parts[name] = json.dumps(value).encode()
    else:
        parts[name] = edited(parts[name], draw)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for place, content in parts.items():
            archive.writestr(place, content)
    return file.getvalue()


def _name(draw: random.Random) -> str:
    word = draw.choice(WORDS).encode("utf-8", "replace").decode()[:200]
    return f"{draw.choice(('', 'assets/', '../'))}{word}" or "x"


MODELS = Target(prepare=prepare, sound=sound, cases=cases)
