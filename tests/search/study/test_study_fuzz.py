"""Any study file and any ``--set`` give a study or one message."""

from contextlib import suppress

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.config.study_data import read_study_data
from data_pipeline.files.documents import parse_toml
from data_pipeline.system.errors import StudyError
from search.study.overrides import override
from search.study.study import Study, check_study, read_study
from tests.factories.texts.study_file import STUDY, study
from tests.strategies.study_values import KEYS, VALUES


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(KEYS), VALUES), min_size=1, max_size=3))
def test_any_set_gives_a_study_or_a_message(pairs):
    """Any --set gives a StudyError, or a study to draw a trial from."""
    texts = [f"{key}={value}" for key, value in pairs]
    with suppress(StudyError):
        raw = override(study().raw, texts)
        found = check_study(raw, name="small", place="a", changed=True)
        assert isinstance(found, Study)
        again = check_study(parse_toml(found.text()), name="small", place="a")
        assert again.identity() == found.identity()
        trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(1)).ask()
        found.space.suggest(trial)


@settings(max_examples=150)
@given(st.binary(max_size=60), st.integers(0, len(STUDY)), st.integers(0, 20))
def test_any_bytes_give_a_study_or_a_message(tmp_path_factory, noise, place, cut):
    """A study file with random bytes in it is read or refused."""
    path = tmp_path_factory.mktemp("study") / "noisy.toml"
    whole = STUDY.encode()
    path.write_bytes(whole[:place] + noise + whole[place + cut :])
    for read in (read_study, read_study_data):
        try:
            read(str(path))
        except StudyError as error:
            assert str(path) in str(error)  # noqa: PT017 - either may come


DROPOUT = "low = 0.0, high = 0.6, step = 0.1"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("low = 0.0, high = 0.6, step = 1e-300", "step: must give at most 2,000,000"),
        ("low = 0.0, high = 0.6, step = 5e-324", "step: must give at most 2,000,000"),
        ("low = 0.0, high = 0.6, step = 2.0", "high must be low plus whole steps"),
        ("low = 0.2, high = 0.2", "a single value belongs in"),
        ("low = 0.0, high = 1e999", "high: must be a finite number, found inf"),
    ],
)
def test_ranges_that_cannot_be_searched(tmp_path, change, words):
    """A range that no sampler can draw from is refused with its key."""
    path = tmp_path / "small.toml"
    path.write_text(STUDY.replace(DROPOUT, change))
    with pytest.raises(StudyError, match=words) as refused:
        read_study(str(path))
    assert "head.dropout" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("training.epochs=" + "1" * 5000, "training.epochs: .*thousands of digits"),
        ("head.dropout=" + "[" * 50_000, "head.dropout: nests"),
        ("head.dropout=nan", "head.dropout: value: must be a finite number"),
        ("search.trials=3\nseed = 4", "must be one value, found several"),
        ("search.sampler=\udcff", "not valid Unicode"),
    ],
)
def test_wrong_values_of_set_name_their_key(text, words):
    """A value that no study holds is refused with the option's key."""
    with pytest.raises(StudyError, match=f"--set {words}|--set search.*: .*{words}"):
        override({"search": {"trials": 3}}, [text])


def test_long_values_are_not_quoted_whole():
    """A message stays readable, whatever is found."""
    with pytest.raises(StudyError) as refused:
        study(('"adam", "adamw"]', f'"{"x" * 99_999}", "adamw"]'))
    assert len(str(refused.value)) < 5000
