"""What a trial takes over from its lost run reaches its worker, and stays nowhere."""

from types import SimpleNamespace

from ray.tune.experiment import Trial

from search.executors.post import LocalPost
from search.executors.ray import executor, worker
from search.executors.tune_bridge import Bridge
from search.trial.messages import PackedFold, TrialRequest
from tests.fakes.bridge_ledger import FakeLedger, report, then

SIZE = 1 << 20
REQUEST = TrialRequest(number=0, seed=1, values={}, seconds=0.0)


def task():
    """Makes what Tune gets of a trial with a finished fold."""
    return {"trial": REQUEST, "finished": (PackedFold(b"x" * SIZE),)}


def test_tune_keeps_no_fold():
    """From the first report on Tune's trial is small; it is written again and again."""
    bridge = Bridge(FakeLedger(1), then())
    trial = Trial("x", config=task(), evaluated_params=task(), stub=True)
    bridge.suggest(trial.trial_id)
    assert len(trial.get_json_state()[0]) > SIZE
    scheduler = executor.LedgerScheduler(bridge, lambda _: "")
    scheduler.on_trial_result(None, trial, {"report": report(), "started": 0.0})
    assert len(trial.get_json_state()[0]) < SIZE // 10
    assert trial.config["trial"] == REQUEST


def test_a_worker_sends_no_fold_back(tmp_path, monkeypatch):
    """Each trial of a process gets its own folds, and no result has them."""
    given = []
    fake = SimpleNamespace(
        trial=lambda _, folds: given.append(folds) or iter(()),
        is_too_large=lambda: False,
    )
    delivery = SimpleNamespace(job=None, images=None)
    monkeypatch.setattr(LocalPost, "deliver", lambda *_: delivery)
    monkeypatch.setattr(worker, "start_worker", lambda *_, **__: fake)
    trainable = object.__new__(worker.WarmTrainable)
    trainable.config = task()
    trainable.setup(task(), job=None, post=LocalPost(tmp_path))
    trainable._stream = SimpleNamespace(close=lambda: None)
    assert trainable.config["finished"] == ()
    trainable.config = task()
    assert trainable.reset_config(trainable.config)
    assert trainable.config["finished"] == ()
    assert given == [task()["finished"]] * 2
    trainable.cleanup()
