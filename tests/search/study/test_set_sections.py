"""``--set`` reaches every key of the sections.

Left out are studies of own data, and those of features, which limit other keys.
"""

import pytest

from data_pipeline.dataset.datasets import OWN as OWN_DATA
from data_pipeline.dataset.own_data import OWN_KEYS
from data_pipeline.files.study_files import STUDIES, load_study
from search.run import build_parser
from search.study.sections import SECTIONS
from search.study.study import read_study

NAMES = sorted(
    path.stem
    for path in STUDIES.glob("*.toml")
    if load_study(path)["data"]["dataset"] not in OWN_DATA
    and "finetune.stage" not in path.read_text(encoding="utf-8")
)
KEYS = [
    f"{section}.{key}"
    for section, kind in SECTIONS.items()
    for key in kind.__dataclass_fields__
]
ALL = ("emotion", "action_units", "valence_arousal")
TEXTS = {
    "data.dataset": {"synthetic": "synthetic", "affectnet": "affectnet"},
    "data.name": {"faces": "faces", "'my faces'": "my faces"},
    "data.columns": {"{}": {}, '{ image = "path" }': {"image": "path"}},
    "data.subject": {"'^(p[0-9]+)_'": "^(p[0-9]+)_", "(.*)": "(.*)"},
    "data.words": {"{}": {}, '{ 1 = "calm" }': {"1": "calm"}},
    "data.sequence": {"'^(p[0-9]+_[0-9]+)_'": "^(p[0-9]+_[0-9]+)_", "(.*)": "(.*)"},
    "data.part": {"^(train|test)_": "^(train|test)_", "^([^/]+)/": "^([^/]+)/"},
    "data.emotion": {"'/([^/]+)/'": "/([^/]+)/", "(.*)": "(.*)"},
    "data.include": {"'S[.]JPG$'": "S[.]JPG$", "png$": "png$"},
    "data.table": {"all.csv": "all.csv", "labels/a.txt": "labels/a.txt"},
    "data.separator": {"';'": ";", "' '": " "},
    "data.header": {"true": True, "false": False},
    "data.missing": {"[]": (), '["999", "-1"]': ("999", "-1")},
    "data.present_from": {"1": 1, "5": 5},
    "data.channels": {"1": 1, "3": 3},
    "data.targets": {
        '["emotion", "action_units", "valence_arousal"]': ALL,
        '["valence_arousal", "action_units", "emotion"]': ALL[::-1],
    },
    "data.emotions": {"basic": "basic", "affectnet7": "affectnet7"},
    "data.labels": {"majority": "majority", "strict": "strict"},
    "data.image_size": {"16": 16, "1024": 1024},
    "data.unreadable": {"error": "error", "quarantine": "quarantine"},
    "data.neutral": {"none": "none", "first": "first"},
    "data.frames": {"1": 1, "3": 3},
    "data.crop": {"none": "none", "detect": "detect", "landmarks": "landmarks"},
    "data.subjects": {
        "{}": {},
        '{ "s010" = "S010", S10 = "S10" }': {"s010": "S010", "S10": "S10"},
    },
    "data.demographics": {"people.csv": "people.csv", "a/b.csv": "a/b.csv"},
    "constraints.parameters": {"<= 5e6": "<= 5e6", "<=100": "<=100"},
    "constraints.latency_ms": {"<= 20": "<= 20", "'<= 0.5'": "<= 0.5"},
    "constraints.model_mb": {"<= 15": "<= 15", "<= 2.5": "<= 2.5"},
    "final.choose": {"best": "best", "smallest_tied": "smallest_tied"},
    "final.seeds": {"1": 1, "5": 5},
    "final.model": {"ensemble": "ensemble", "median": "median"},
    "final.calibrate": {"true": True, "false": False},
    "search.finetune_best": {"0": 0},
    "split.by": {
        "subject": "subject",
        "partition": "partition",
        "sequence": "sequence",
        "image": "image",
    },
    "split.folds": {"1": 1, "5": 5, "10": 10},
    "split.hold_out": {"0.15": 0.15, "0.4": 0.4},
    "split.hold_out_seed": {"0": 0, "9": 9},
    "split.validation": {"0.15": 0.15, "0.25": 0.25},
    "split.duplicates": {"keep": "keep", "drop_from_training": "drop_from_training"},
    "split.outer_folds": {"5": 5, "subjects": "subjects"},
    "split.inner_folds": {"1": 1, "3": 3},
    "split.outer_part": {"1": 1, "2": 2},
    "search.trials": {"1": 1, "500": 500},
    "search.hours": {"0.5": 0.5, "12": 12.0},
    "search.stop_after_failures": {"1": 1, "20": 20},
    "search.stop_after": {"1": 1, "20": 20},
    "search.seed": {"0": 0, "9": 9},
    "search.sampler": {"random": "random", "cmaes": "cmaes"},
    "search.pruner": {"hyperband": "hyperband", "none": "none"},
    "search.tensorboard": {"true": True, "false": False},
    "search.baselines": {"true": True, "false": False},
    "search.checkpoints": {"0": 0, "3": 3},
    "search.warm_start": {"fer": "fer", "ferplus": "ferplus"},
    "search.enqueue": {
        "[]": (),
        '[{ name = "ours", "head.dropout" = 0.2 }]': (
            {"name": "ours", "head.dropout": 0.2},
        ),
    },
    "resources.cpus_per_trial": {"1": 1, "4": 4},
    "resources.gpus_per_trial": {"auto": None, "0": 0.0, "0.25": 0.25, "2": 2.0},
    "resources.max_concurrent": {"auto": None, "1": 1, "8": 8},
    "resources.cache_size": {"0": 0.0, "2.5": 2.5},
    "resources.memory_per_worker": {"1": 1.0, "2.5": 2.5},
}
"""Texts after the ``=``, and the values that they stand for; no two alike."""
OWN = ("data.dataset=table", "data.labels=", "data.emotions=", "data.neutral=")
NEEDS = {
    **dict.fromkeys(map("data.{}".format, OWN_KEYS), OWN),
    "data.emotions": ("data.labels=",),
    "data.labels": ("data.emotions=ferplus",),
    "data.neutral": ("data.labels=", "data.emotions=basic_neutral"),
    "split.folds": ("split.validation=",),
    "split.validation": ("split.folds=1",),
    "split.outer_folds": ("split.by=subject",),
    "split.outer_part": ("split.by=subject", "split.outer_folds=2"),
}
"""What would contradict a key in some study."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", KEYS)
def test_a_key_of_a_section_is_set(name, key):
    """Each of its values is read from the command line and replaces the study's."""
    section, _, field = key.partition(".")
    needed = [f"--set={text}" for text in NEEDS.get(key, ())]
    for text, value in TEXTS[key].items():
        args = build_parser().parse_args(
            ["--study", name, *needed, "--set", f"{key}={text}"]
        )
        study = read_study(args.study, settings=args.settings, seed=args.seed)
        assert getattr(getattr(study, section), field) == value


@pytest.mark.parametrize("name", NAMES)
def test_seed_is_an_option_too(name):
    """``--seed`` replaces the study's seed, and one of ``--set``."""
    words = ["--study", name, "--set", "search.seed=3", "--seed", "5"]
    args = build_parser().parse_args(words)
    study = read_study(args.study, settings=args.settings, seed=args.seed)
    assert study.search.seed == 5
