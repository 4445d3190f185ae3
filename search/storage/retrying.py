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
from search.storage.servers.fencing import Fence, no_fence
from search.storage.url import masked, without_secrets

SECONDS = 60.0
"""How long a locked database or a missing server is retried."""

SECONDS_FULL = 4.0
"""How long a full disk is retried."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long to retry; ``checks`` run before each call and raise to end the run.

    ``fence`` is called before each commit on a server. A server that ``answered``
    before is waited for when a storage is opened, too.
    """

    seconds: float = SECONDS
    seconds_full: float = SECONDS_FULL
    print: Callable[[str], None] = lambda _: None
    checks: tuple[Callable[[], None], ...] = ()
    fence: Fence = no_fence
    answered: bool = False


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
        self._newest: int | None = None

    def __getattr__(self, name: str) -> Any:
        """Returns attributes of the storage, and its methods with retries."""
        if name.startswith("__"):  # copy() looks these up before __init__
            raise AttributeError(name)
        value = getattr(self._inner, name)
        return functools.partial(self._call, name, value) if callable(value) else value

    def _call(self, name: str, method: Any, *args: Any, **named: Any) -> Any:
        once = _Once(self._inner, method, name, args, named, self._newest)
        result = self._retrier.call(once.do)
        known = -1 if self._newest is None else self._newest
        if name == "create_new_trial":
            self._newest = max(known, result)
        elif name == "get_all_trials":
            self._newest = max(known, _newest(result))
        return result


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
        newest: int | None,
    ) -> None:
        self._storage = storage
        self._method = functools.partial(method, *args, **named)
        self._name = name
        self._args = args
        self._named = named
        self._newest = newest
        self._tried = False

    def do(self) -> Any:
        """Calls the method, or returns the result of an earlier attempt."""
        if self._name == "create_new_trial":
            return self._create()
        if self._tried and self._has_ended():
            return True
        self._tried = True
        return self._method()

    def _create(self) -> Any:
        """Creates a trial, unless an earlier attempt created it."""
        if self._newest is None:
            self._newest = _newest(self._trials())
        wanted = self._argument("template_trial", 1)
        for trial in self._trials() if self._tried else ():
            if trial._trial_id > self._newest and _is_like(trial, wanted):  # noqa: SLF001
                return trial._trial_id  # noqa: SLF001
        self._tried = True
        return self._method()

    def _trials(self) -> list[FrozenTrial]:
        return self._storage.get_all_trials(self._args[0], deepcopy=False)

    def _has_ended(self) -> bool:
        """Checks whether an earlier attempt set a trial's state."""
        if self._name == "set_trial_state_values":
            state, values = self._argument("state", 1), self._argument("values", 2)
            return self._has_state(self._args[0], state, values)
        if self._name == "update_trial":
            after: FrozenTrial = self._args[1]
            ended = after.state.is_finished()
            return ended and self._has_state(after._trial_id, after.state, after.values)  # noqa: SLF001
        return False

    def _has_state(
        self, trial_id: int, state: TrialState, values: list[float] | None
    ) -> bool:
        stored = self._storage.get_trial(trial_id)
        if stored.state != state:
            return False
        return state == TrialState.RUNNING or values in (None, stored.values)

    def _argument(self, name: str, place: int) -> Any:
        after = self._args[place:]
        return self._named.get(name, after[0] if after else None)


def _newest(trials: list[FrozenTrial]) -> int:
    """Returns the id of the last of some trials, which rises with their numbers."""
    return trials[-1]._trial_id if trials else -1  # noqa: SLF001


def _is_like(trial: FrozenTrial, wanted: FrozenTrial | None) -> bool:
    """Checks whether a new trial is the one that an earlier attempt created."""
    if wanted is None:
        return trial.state == TrialState.RUNNING and not trial.params
    attributes = [
        json.loads(json.dumps([one.system_attrs, one.user_attrs]))
        for one in (trial, wanted)
    ]
    return trial.state == wanted.state and attributes[0] == attributes[1]
