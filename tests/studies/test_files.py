"""Every file in ``studies/``: parses, round-trips, and has its header."""

import re
import tomllib

import pytest

from data_pipeline.files.study_files import STUDIES
from models.config.config import DataSpec, model_config
from search.study.study import check_study, read_study
from tests.strategies.space import Suggester

FILES = sorted(STUDIES.glob("*.toml"))
NAMES = [path.stem for path in FILES]
FIELDS = ("Command", "Expected time", "Measured result")
DATA_SPEC = DataSpec(
    image_size=48, channels=1, emotions=("negative", "positive"), action_units=("AU1",)
)


def header(path):
    """Reads the comment at the top of a study file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    ends = next(n for n, line in enumerate(lines) if not line.startswith("#"))
    return "\n".join(line.lstrip("# ") for line in lines[:ends])


@pytest.mark.parametrize("name", NAMES)
def test_parses(name):
    """A study file is valid and is found by its name."""
    assert read_study(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_round_trips(name):
    """A study's text is a study file of the same study."""
    study = read_study(name)
    tables = tomllib.loads(study.text())
    assert check_study(tables, name=name, place="text") == study


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_header(path):
    """The header names the purpose, the command, the time and the result."""
    text = header(path)
    assert not text.startswith(FIELDS)
    for field in FIELDS:
        found = re.search(rf"^{field}:\s*(\S.+)$", text, re.MULTILINE)
        assert found is not None, f"{path}: the header lacks {field}:"
    assert f"python -m search.run --study {path.stem}" in text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", [min, max])
def test_corners_are_configurations(name, end):
    """The lowest and the highest corner of a study's space are configurations."""
    study = read_study(name)
    config = model_config(study.space.suggest(Suggester(end)), DATA_SPEC)
    assert 1 <= config.epochs <= study.stride


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_reachable(name):
    """No parameter of a study file is dead: each has a condition that can hold."""
    study = read_study(name)
    searched = {parameter.key for parameter in study.space.parameters}
    assert searched == set(study.raw["space"])
