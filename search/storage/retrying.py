"""A storage that waits out what passes, does nothing twice, and ends in one message.

It stands before every call that a ledger makes: a lock of some seconds or a restarted
server is waited for, a full disk hardly, and what is final is said once.
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
"""How long a lock or a server that is away is waited for."""

SECONDS_FULL = 4.0
"""How long a full disk is waited for."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How a storage is used.

    ``checks`` are called before each use and raise where the run may not go on.
    """

    seconds: float = SECONDS
    seconds_full: float = SECONDS_FULL
    say: Callable[[str], None] = lambda _: None
    checks: tuple[Callable[[], None], ...] = ()


class Retrier:
    """Tries again what may pass, for so long; what is final is final for all calls."""

    def __init__(
        self, url: str, policy: RetryPolicy, renew: Callable[[], None] = lambda: None
    ) -> None:
        """Takes the bounds.

        Args:
            url: the storage, for messages.
            policy: how to use it.
            renew: drops connections that a fault may have spoilt.
        """
        self._url = url
        self._policy = policy
        self._renew = renew
        self._failed: str | None = None
        self._hurry = False

    def call(self, do: Callable[[], Any]) -> Any:
        """Calls until it works.

        Raises:
            StorageError: it does not, and will not.
        """
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
                    self._failed = f"{masked(self._url)}: {self._clean(fault.told)}"
                    raise StorageError(self._failed) from error
                if pause == FIRST_PAUSE:
                    place = masked(self._url)
                    self._policy.say(f"waiting for {place}: {self._clean(fault.said)}")
            self._wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _wait(self, seconds: float) -> None:
        try:
            time.sleep(seconds)
        except BaseException:
            self._hurry = True  # who interrupts does not wait again for the end
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
    """Stands for an Optuna storage, and calls it patiently."""

    def __init__(self, inner: BaseStorage, patience: Retrier) -> None:
        """Takes a storage, and how to call it."""
        self._inner = inner
        self._patience = patience

    def __getattr__(self, name: str) -> Any:
        """Gives the storage's own attributes, its methods with patience."""
        if name.startswith("__"):  # copying asks for them before anything is set
            raise AttributeError(name)
        found = getattr(self._inner, name)
        return functools.partial(self._call, name, found) if callable(found) else found

    def _call(self, name: str, method: Any, *args: Any, **named: Any) -> Any:
        return self._patience.call(_Once(self._inner, method, name, args, named).do)


class _Once:
    """One call, which has its effect once although it may be tried again.

    A connection may be lost after the database did what was asked, and before it
    answered.
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
        """Calls, or finds what an earlier try has done."""
        if self._name == "create_new_trial":
            return self._create()
        if self._name == "set_trial_state_values" and self._tried and self._is_set():
            return True
        self._tried = True
        return self._method()

    def _create(self) -> Any:
        """Makes a trial; one that an earlier try has made is taken."""
        trials = self._storage.get_all_trials(self._args[0], deepcopy=False)
        if self._before is None:
            self._before = {trial._trial_id for trial in trials}  # noqa: SLF001
        wanted = self._argument("template_trial", 1)
        for trial in trials:
            if trial._trial_id not in self._before and _is_like(trial, wanted):  # noqa: SLF001
                return trial._trial_id  # noqa: SLF001
        return self._method()

    def _is_set(self) -> bool:
        found = self._storage.get_trial(self._args[0])
        if found.state != self._argument("state", 1):
            return False
        values = self._argument("values", 2)
        return found.state == TrialState.RUNNING or values in (None, found.values)

    def _argument(self, name: str, place: int) -> Any:
        after = self._args[place:]
        return self._named.get(name, after[0] if after else None)


def _is_like(trial: FrozenTrial, wanted: FrozenTrial | None) -> bool:
    """Tells whether a new trial is the one that was to be made."""
    if wanted is None:
        return trial.state == TrialState.RUNNING and not trial.params
    attributes = [
        json.loads(json.dumps([one.system_attrs, one.user_attrs]))
        for one in (trial, wanted)
    ]
    return trial.state == wanted.state and attributes[0] == attributes[1]
