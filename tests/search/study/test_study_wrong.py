"""Everything wrong with a study file comes in one message."""

import pytest

from tests.factories.texts.study_file import message

WRONG = {
    "unknown section": (
        ("[split]", "[splitt]"),
        ["[splitt]: unknown section", "did you mean split?"],
    ),
    "a section that is none": (
        ("[data]", "split = 3\n[data]"),
        ["split: must be a section, found 3"],
        ("[split]\nfolds = 2\n", ""),
    ),
    "unknown section key": (
        ("folds = 2", "fold = 2"),
        ["[split] fold: unknown key", "did you mean folds?"],
    ),
    "missing section key": (
        ("image_size = 32\n", ""),
        ["[data] image_size: is missing"],
    ),
    "wrong type in a section": (
        ("folds = 2", 'folds = "two"'),
        ["[split] folds: must be", "integer", "'two'"],
    ),
    "a bool is no number": (
        ("folds = 2", "folds = true"),
        ["[split] folds: must be", "True"],
    ),
    "out of range in a section": (
        ("folds = 2", "folds = 0"),
        ["[split] folds: must be greater than or equal to 1", "0"],
    ),
    "infinite share of a GPU": (
        ("[fixed]", "[resources]\ngpus_per_trial = inf\n[fixed]"),
        ['[resources] gpus_per_trial: must be "auto" or a finite number', "inf"],
    ),
    "a GPU and a half": (
        ("[fixed]", "[resources]\ngpus_per_trial = 1.5\n[fixed]"),
        ["gpus_per_trial: must be", "a whole number where it is above 1, found 1.5"],
    ),
    "many trials at once": (
        ("[fixed]", '[resources]\nmax_concurrent = "many"\n[fixed]'),
        ['[resources] max_concurrent: must be "auto" or a valid integer', "'many'"],
    ),
    "unknown name in a section": (
        ("trials = 6", 'trials = 6\nsampler = "tpee"'),
        ["[search] sampler: must be", "'tpe'", "'grid'", "found 'tpee'"],
    ),
    "unknown target": (
        ('"action_units"]', '"valence"]'),
        ["[data] targets.1: must be", "'action_units'", "'valence'"],
    ),
    "a target that is no list": (
        ('["emotion", "action_units"]', '"emotion"'),
        ["[data] targets: must be a list, found 'emotion'"],
    ),
    "a target twice": (
        ('["emotion", "action_units"]', '["emotion", "action_units", "emotion"]'),
        ["[data] targets: names a target twice, found emotion, action_units, emotion"],
    ),
    "no target": (
        ('["emotion", "action_units"]', "[]"),
        ["[data] targets", "at least 1"],
    ),
    "unknown metric": (
        ('"emotion.macro_f1" = 1', '"emotion.macro_f2" = 1'),
        ['[objective] "emotion.macro_f2": unknown metric', "emotion.macro_f1?"],
    ),
    "metric to be minimized": (
        ('"emotion.macro_f1"', '"emotion.nll"'),
        ['[objective] "emotion.nll": is reported only', "Available: emotion.accuracy"],
    ),
    "weight that is no number": (
        ('"emotion.macro_f1" = 1', '"emotion.macro_f1" = "half"'),
        ['[objective] "emotion.macro_f1": must be a weight', "'half'"],
    ),
    "negative weight": (
        ("= 0.5", "= -0.5"),
        ['[objective] "action_units.mean_auc"', "0 or more", "-0.5"],
    ),
    "NaN weight": (("= 0.5", "= nan"), ["[objective]", "0 or more", "nan"]),
    "weights of zero": (
        ('"emotion.macro_f1" = 1\n', ""),
        ["[objective]: needs at least one metric", '"emotion.macro_f1" = 1.0'],
        ("= 0.5", "= 0"),
    ),
    "objective on a missing target": (
        ('["emotion", "action_units"]', '["emotion"]'),
        ['"action_units.mean_auc": scores the target action_units', "only emotion"],
    ),
    "unknown fixed key": (
        ('"training.epochs"', '"training.epoch"'),
        ['[fixed] "training.epoch": unknown key', "did you mean training.epochs?"],
    ),
    "unquoted key": (
        ('"training.epochs"', "training.epochs"),
        ['[fixed] "training": is the first half of a key; quote', '"training.epochs"'],
    ),
    "fixed value of a wrong type": (
        ('"training.epochs" = 3', '"training.epochs" = 3.5'),
        ['[fixed] "training.epochs": must be an integer, found 3.5'],
    ),
    "fixed value out of range": (
        ('"training.epochs" = 3', '"training.epochs" = 0'),
        ['[fixed] "training.epochs": must be from 1 to 10000, found 0'],
    ),
    "unknown space key": (
        ('"head.dropout"', '"head.drop_out"'),
        ['[space] "head.drop_out": unknown key', "did you mean head.dropout?"],
    ),
    "single value in space": (
        ('["adam", "adamw"]\n', '"adam"\n'),
        ['[space] "training.optimizer": must be a list', "'adam'", "[fixed]"],
    ),
    "unknown key of a range": (
        ("step = 0.1", "stepp = 0.1"),
        ["[space] \"head.dropout\": unknown key 'stepp'", "did you mean step?"],
    ),
    "no high": (
        ("low = 0.0, high = 0.6,", "low = 0.0,"),
        ['[space] "head.dropout": a range needs low and high, high is missing'],
    ),
    "low above high": (
        ("low = 1e-6, high = 1e-2", "low = 1e-2, high = 1e-6"),
        ['"training.weight_decay": low <= high', "low=0.01, high=1e-06"],
    ),
    "range out of bounds": (
        ("high = 0.6", "high = 1.0"),
        ['[space] "head.dropout" high: must be from 0 to 0.95, found 1.0'],
    ),
    "range of a wrong type": (
        ("low = 0.0", 'low = "0"'),
        ['[space] "head.dropout" low: must be a number', "'0'"],
    ),
    "log from zero": (
        ("low = 1e-6", "low = 0.0"),
        ['"training.weight_decay": a log range needs low > 0', "low=0"],
    ),
    "log and step": (
        ("log = true", "log = true, step = 1e-3"),
        ['"training.weight_decay": step and log exclude each other'],
    ),
    "log that is no bool": (
        ("log = true", 'log = "yes"'),
        ['"training.weight_decay" log: must be true or false', "'yes'"],
    ),
    "step of zero": (
        ("step = 0.1", "step = 0"),
        ['"head.dropout" step: must be a number above 0, found 0'],
    ),
    "step that is no number": (
        ("step = 0.1", "step = nan"),
        ['"head.dropout" step: must be a number above 0, found nan'],
    ),
    "step that misses high": (
        ("step = 0.1", "step = 0.25"),
        ['"head.dropout": high must be low plus whole steps', "step=0.25"],
    ),
    "step that nearly meets high": (
        ("high = 0.6, step = 0.1", "high = 0.9, step = 0.1000000001"),
        ['"head.dropout": high must be low plus whole steps'],
    ),
    "no choices": (
        ('["adam", "adamw"]\n', "[]\n"),
        ['[space] "training.optimizer": needs at least one choice, found []'],
    ),
    "unknown choice": (
        ('["adam", "adamw"]\n', '["adam", "adamm"]\n'),
        ["[space] \"training.optimizer\": unknown value 'adamm'", "adam?"],
    ),
    "a choice twice": (
        ('["adam", "adamw"]\n', '["adam", "adam"]\n'),
        ['"training.optimizer": each choice must occur once'],
    ),
    "a range of names": (
        ('["adam", "adamw"]\n', "{ low = 1, high = 2 }\n"),
        ['"training.optimizer": holds names, so it needs a list of choices'],
    ),
    "fixed and searched": (
        ("[space]", '"head.dropout" = 0.5\n[space]'),
        ['[fixed] "head.dropout": a key is fixed or searched, not both'],
    ),
    "condition that is no table": (
        ('{ "training.optimizer" = ["adamw"] }', '"adamw"'),
        ['"training.weight_decay" when: must be a table', "'adamw'"],
    ),
    "condition on an unknown key": (
        ('{ "training.optimizer" = ["adamw"] }', '{ "training.optimiser" = [1] }'),
        ['when "training.optimiser": unknown key', "did you mean training.optimizer?"],
    ),
    "condition on an unknown value": (
        ('= ["adamw"] }', '= ["adamww"] }'),
        ["when \"training.optimizer\": unknown value 'adamww'", "adamw?"],
    ),
    "condition that never holds": (
        ('{ "training.optimizer" = ["adamw"] }', '{ "balance" = ["none"] }'),
        ['when "balance": the key is neither in [fixed] nor in [space]', "never holds"],
    ),
    "conditions in a ring": (
        (
            '["adam", "adamw"]\n',
            '{ choices = ["adam"], when = { "training.weight_decay" = [0.01] } }\n',
        ),
        ["[space]: conditions form a cycle", "training.weight_decay"],
    ),
    "validation beside folds": (
        ("folds = 2", "folds = 2\nvalidation = 0.15"),
        ["[split] validation: 0.15", "found folds = 2", "use folds = 1"],
    ),
    "nobody left to train on": (
        ("folds = 2", "folds = 1\nvalidation = 0.5\nhold_out = 0.5"),
        ["[split] validation: 0.5 and hold_out = 0.5", "below 1"],
    ),
    "wilcoxon without folds": (
        ("folds = 2", "folds = 1"),
        ["[search] pruner: wilcoxon", "[split] folds", "found 1", "median"],
        ("trials = 6", 'trials = 6\npruner = "wilcoxon"'),
    ),
    "grid on a continuous range": (
        ("trials = 6", 'trials = 6\nsampler = "grid"'),
        ['[space] "training.weight_decay": sampler grid needs choices or a step'],
    ),
    "own code where there can be none": (
        ("[fixed]", '[fixed]\n"loss.intensity" = "mine:loss"'),
        ['[fixed] "loss.intensity": unknown value', "'mine:loss'", "no own code"],
    ),
    "size of an own backbone without a step": (
        ("[fixed]", '[fixed]\n"backbone.name" = "mynets:tiny"'),
        ['"backbone.share": each size', "needs a step", "low=0.1, high=1;", "step = "],
        ("[space]", '[space]\n"backbone.share" = { low = 0.1, high = 1.0 }'),
    ),
    "logarithmic size of an own backbone": (
        ("[fixed]", '[fixed]\n"backbone.name" = "mynets:tiny"'),
        ['"backbone.share": each size', "high=1, log; list choices"],
        (
            "[space]",
            '[space]\n"backbone.share" = { low = 0.1, high = 1.0, log = true }',
        ),
    ),
    "grid too large": (
        ("trials = 6", 'trials = 6\nsampler = "grid"'),
        ["[space]: sampler grid takes at most 100000 parameter sets", "bohb"],
        ("log = true", "step = 1e-8"),
        ("low = 1e-6", "low = 0"),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong(case):
    """Each mistake is refused with file, key, rule, value found and the way out."""
    change, words, *more = WRONG[case]
    text = message(change, *more)
    assert [word for word in words if word not in text] == []
    assert all(line.startswith("studies/small.toml: ") for line in text.splitlines())
