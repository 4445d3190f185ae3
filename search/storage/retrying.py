"""Retries for every storage call of a ledger, without repeating its effect.

A locked database or a restarting server is retried for a minute, a full disk for
seconds. After a permanent fault, every call fails with the same message.
"""

import functools
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from data_pipeline.system.errors import StorageError
from search.storage.faults import Fault, Kind, fault_of
from search.storage.url import masked, without_secrets

SECONDS = 60.0
"""How long a locked database or a missing server is retried."""

SECONDS_FULL = 4.0
"""How long a full disk is retried."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long to retry; ``checks`` run before each call and raise to end the run."""

    seconds: float = SECONDS
    seconds_full: float = SECONDS_FULL
    print: Callable[[str], None] = lambda _: None
    checks: tuple[Callable[[], None], ...] = ()


class Retrier:
    """Retries temporary faults of a storage; remembers a permanent one."""

    def __init__(
        self, url: str, policy: RetryPolicy, renew: Callable[[], None] = lambda: None
    ) -> None:
        """Sets the limits; ``renew`` drops connections that a fault may have broken."""
        self._url = url
        self._policy = policy
        self._renew = renew
        self._failed: str | None = None
        self._hurry = False

    def call(self, do: Callable[[], Any]) -> Any:
        """Calls ``do`` until it works; raises ``StorageError`` when time is up."""
        if self._failed is not None:
            raise StorageError(self._failed)
        start, pause = time.monotonic(), FIRST_PAUSE
        while True:
            try:
                for check in self._policy.checks:
                    check()
                return do()
            except Exception as error:
                fault = fault_of(error)
                if fault is None:
                    raise
                if time.monotonic() + pause - start > self._bound(fault):
                    self._failed = f"{masked(self._url)}: {self._clean(fault.message)}"
                    raise StorageError(self._failed) from error
                if pause == FIRST_PAUSE:
                    cause = self._clean(fault.cause)
                    self._policy.print(f"waiting for {masked(self._url)}: {cause}")
            self._wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _wait(self, seconds: float) -> None:
        try:
            time.sleep(seconds)
        except BaseException:
            self._hurry = True  # after Ctrl-C the final calls do not wait again
            raise
        with suppress(Exception):
            self._renew()

    def _bound(self, fault: Fault) -> float:
        if self._hurry:
            return 0.0
        bounds: dict[Kind, float] = {
            "full": self._policy.seconds_full,
            "broken": 0.0,
        }
        return bounds.get(fault.kind, self._policy.seconds)

    def _clean(self, text: str) -> str:
        return without_secrets(text, self._url)


class RetryingStorage:
    """Proxy of an Optuna storage that retries each call."""

    def __init__(self, inner: BaseStorage, retrier: Retrier) -> None:
        """Wraps a storage."""
        self._inner = inner
        self._retrier = retrier

    def __getattr__(self, name: str) -> Any:
        """Returns attributes of the storage, and its methods with retries."""
        if name.startswith("__"):  # copy() looks these up before __init__
            raise AttributeError(name)
        value = getattr(self._inner, name)
        return functools.partial(self._call, name, value) if callable(value) else value

    def _call(self, name: str, method: Any, *args: Any, **named: Any) -> Any:
        return self._retrier.call(_Once(self._inner, method, name, args, named).do)


class _Once:
    """One call that takes effect once, even when it is retried.

    A connection may break after the database wrote the change and before it replied.
    """

    def __init__(
        self,
        storage: BaseStorage,
        method: Any,
        name: str,
        args: tuple[Any, ...],
        named: dict[str, Any],
    ) -> None:
        self._storage = storage
        self._method = functools.partial(method, *args, **named)
        self._name = name
        self._args = args
        self._named = named
        self._before: set[int] | None = None
        self._tried = False

    def do(self) -> Any:
        """Calls the method, or returns the result of an earlier attempt."""
        if self._name == "create_new_trial":
            return self._create()
        if self._name == "set_trial_state_values" and self._tried and self._is_set():
            return True
        self._tried = True
        return self._method()

    def _create(self) -> Any:
        """Creates a trial, unless an earlier attempt created it."""
        trials = self._storage.get_all_trials(self._args[0], deepcopy=False)
        if self._before is None:
            self._before = {trial._trial_id for trial in trials}  # noqa: SLF001
        wanted = self._argument("template_trial", 1)
        for trial in trials:
            if trial._trial_id not in self._before and _is_like(trial, wanted):  # noqa: SLF001
                return trial._trial_id  # noqa: SLF001
        return self._method()

    def _is_set(self) -> bool:
        stored = self._storage.get_trial(self._args[0])
        if stored.state != self._argument("state", 1):
            return False
        values = self._argument("values", 2)
        return stored.state == TrialState.RUNNING or values in (None, stored.values)

    def _argument(self, name: str, place: int) -> Any:
        after = self._args[place:]
        return self._named.get(name, after[0] if after else None)


def _is_like(trial: FrozenTrial, wanted: FrozenTrial | None) -> bool:
    """Checks whether a new trial is the one that an earlier attempt created."""
    if wanted is None:
        return trial.state == TrialState.RUNNING and not trial.params
    attributes = [
        json.loads(json.dumps([one.system_attrs, one.user_attrs]))
        for one in (trial, wanted)
    ]
    return trial.state == wanted.state and attributes[0] == attributes[1]
