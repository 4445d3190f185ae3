"""What is said of a search's length once an epoch was measured."""

from types import SimpleNamespace

from search.callbacks.forecast import SHORTER, Forecast
from search.trial.messages import Report, Spent


def forecast(lines, *, epochs=10, folds=5, finetune_best=0, graphs=1, seeds=1):
    """Makes the callback of a study with so many epochs and folds."""
    study = SimpleNamespace(
        stride=epochs,
        split=SimpleNamespace(folds=folds, validation=None),
        final=SimpleNamespace(seeds=seeds),
        search=SimpleNamespace(finetune_best=finetune_best),
    )
    return Forecast(study, lines.append, lambda: graphs)


def begin(callback, number, backbone, *, running, done=0, **finetune):
    """Begins a trial; ``finetune`` are hyperparameters of that group."""
    stage = {"stage": "full"} | finetune
    values = {"backbone.name": backbone}
    values |= {f"finetune.{name}": value for name, value in stage.items()}
    request = SimpleNamespace(number=number, values=values)
    counts = SimpleNamespace(running=running, done=done, budget=20)
    callback.on_trial_start(request, counts)


def epoch(callback, number, *, trained, count=1):
    """Ends an epoch of a trial; a tenth of its time validated, and much was traced."""
    spent = Spent(
        epochs=count, trained=0.9 * trained, validated=0.1 * trained, traced=99
    )
    report = Report(step=count, fold=0, epoch=count, value=0.5, last=False, spent=spent)
    callback.on_epoch_end(number, report)


def test_the_longest_time_is_said_after_one_epoch():
    """Epochs of all folds of all trials left, shared by the workers; once."""
    lines = []
    callback = forecast(lines)
    begin(callback, 3, "resnet50", running=1, done=4)
    begin(callback, 4, "resnet50", running=2, done=4)
    epoch(callback, 3, trained=2.0)
    epoch(callback, 3, trained=4.0, count=2)
    epoch(callback, 4, trained=3.0)
    (line,) = lines
    # 16 trials of 50 epochs of 2 s on 2 workers.
    assert "an epoch of resnet50 takes 2.0 s here: at most 13:20 for 16 trials" in line
    assert "50 epochs on 2 workers" in line
    assert SHORTER not in line


def test_a_much_slower_backbone_is_said_too():
    """A forecast is renewed where epochs take at least twice as long."""
    lines = []
    callback = forecast(lines)
    for number, (backbone, seconds) in enumerate(
        [("a", 1.0), ("b", 1.9), ("c", 2.1), ("d", 3.0)]
    ):
        begin(callback, number, backbone, running=1)
        epoch(callback, number, trained=seconds)
    assert [line.split()[3] for line in lines] == ["a", "c"]


def test_heads_and_whole_models_are_forecast_apart():
    """Fine-tuned trials are not counted at a head's speed, and get their own line."""
    lines = []
    callback = forecast(lines, finetune_best=5)
    begin(callback, 0, "a", running=1, stage="features")
    epoch(callback, 0, trained=0.1)
    begin(callback, 15, "a", running=1, done=15)
    epoch(callback, 15, trained=9.0)
    heads, whole = lines
    assert "an epoch of head on a takes 0.1 s" in heads
    assert "for 15 trials" in heads
    assert "an epoch of a takes 9.0 s" in whole
    assert "for 5 trials" in whole


def test_frozen_epochs_are_not_measured():
    """The first epoch that trains the whole model is forecast, and by itself."""
    lines = []
    callback = forecast(lines, finetune_best=1)
    begin(callback, 0, "a", running=1, done=19, frozen_epochs=2)
    for count, trained in enumerate((1.0, 2.0, 7.0, 12.0), start=1):
        epoch(callback, 0, trained=trained, count=count)
    (line,) = lines
    assert "an epoch of a takes 5.0 s here: at most 4:10 for 1 trial of" in line
    assert line.endswith("on 1 worker; less where trials are pruned or faster")


def test_a_long_search_names_what_makes_it_shorter():
    """From an hour on the way out is in the same line."""
    lines = []
    callback = forecast(lines)
    begin(callback, 0, "resnet50", running=1)
    epoch(callback, 0, trained=60.0)
    assert lines[0].endswith(SHORTER)


def test_compiling_is_part_of_the_time():
    """Each worker compiles every graph that is left, or one a trial if that is less."""
    lines = []
    callback = forecast(lines, graphs=5)
    begin(callback, 0, "resnet50", running=2)
    epoch(callback, 0, trained=1.0)
    # 20 trials of 50 epochs of 1 s on 2 workers, and 4 graphs of 99 s.
    assert "at most 14:56 for 20 trials" in lines[0]
    assert "with 6:36 to compile 4 more graphs" in lines[0]
    assert "compile" not in _said(graphs=1)
    assert "with 1:39 to compile 1 more graph;" in _said(graphs=9, done=18)


def _said(*, graphs, done=0):
    """Returns the forecast after one epoch of one of two workers."""
    lines = []
    callback = forecast(lines, graphs=graphs)
    begin(callback, 0, "resnet50", running=2, done=done)
    epoch(callback, 0, trained=1.0)
    return lines[0]


def test_retrainings_with_several_seeds_are_forecast():
    """Each takes the epochs of a fold, with all rows; the workers share them."""
    lines = []
    callback = forecast(lines, seeds=3)
    begin(callback, 3, "resnet50", running=2, done=4)
    epoch(callback, 3, trained=2.0)
    # Two rounds of 10 epochs of 2 s, of five folds in place of four.
    assert lines[1:] == ["then up to about 0:50 for 3 retrainings of one trial"]
