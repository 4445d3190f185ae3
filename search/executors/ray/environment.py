"""The environment that Ray reads when it is imported, whatever the user's.

A user's ``RAY_ADDRESS`` would join a foreign cluster, ``RAY_AUTH_MODE=disabled`` would
let anyone in, and without a home folder Ray's import ends in a traceback.
"""

import json
import os
import secrets
from collections.abc import MutableMapping
from pathlib import Path

from data_pipeline.own_code.named_code import user_folders
from data_pipeline.system.import_guard import ROOT
from data_pipeline.system.keras_import import VARIABLE, check_backend
from models.backend import environment

QUIET = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_WARN_THRESHOLD_S": "100",
    # Else the workers of a cluster start one after another. The Searcher proposes no
    # more trials than there are places.
    "TUNE_MAX_PENDING_TRIALS_PG": "1000000",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Its notes on workers bypass every logger; the ledger reports what matters.
    "RAY_DEDUP_LOGS": "1",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "RAY_USAGE_STATS_ENABLED": "0",
    # As many workers as run at once start with Ray's node server, and import Keras.
    "RAY_enable_worker_prestart": "1",
    # Tune reserves their CPUs before it starts a trial, and they would be idle then.
    "RAY_idle_worker_killing_time_threshold_ms": "86400000",
    "RAY_prestart_worker_first_driver": "0",
    # A relative path in a study means the same in a worker as in the driver.
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    # The experiment's state is the ledger's; Tune need not write its own.
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",
    # Where this is off a node may have the address 127.0.0.1, and Ray's processes
    # then listen there alone.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
}

FOREIGN = ("RAY_", "TUNE_")
KEPT = "RAY_memory_"
"""Prefix of the settings that a user keeps: when lack of memory ends a worker."""

EARLY = "EXPRESSION_SEARCH_EARLY"
"""Names which workers import Keras before they have a trial."""


JOINED = (
    *("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "TUNE_DISABLE_SIGINT_HANDLER"),
    *("TUNE_WARN_THRESHOLD_S", "TUNE_MAX_PENDING_TRIALS_PG"),
    *("TUNE_GLOBAL_CHECKPOINT_S", "RAY_AIR_NEW_OUTPUT"),
    *("RAY_CHDIR_TO_TRIAL_DIR", "RAY_USAGE_STATS_ENABLED"),
    *("RAY_DEDUP_LOGS", "RAY_DEDUP_LOGS_SKIP_REGEX"),
)
"""Which of them hold where this process joins a cluster."""

_replaced: dict[str, str] = {}
"""The user's settings, for a cluster that is joined after a search on this machine."""


def set_ray_environment(variables: MutableMapping[str, str]) -> None:
    """Replaces Ray's settings by this project's; Ray's processes inherit them."""
    for name in list(variables):
        if name.startswith(FOREIGN) and not name.startswith(KEPT):
            _replaced[name] = variables.pop(name)
    variables.update(QUIET)
    # Other users of this machine can reach 127.0.0.1 too.
    variables["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    if "HOME" not in variables and not _has_home():
        # Ray looks up the home folder, but writes nothing to it.
        variables["HOME"] = os.devnull


def set_joined_environment(variables: MutableMapping[str, str]) -> None:
    """Keeps the user's settings of Ray, such as a cluster's token; Tune's are ours."""
    if "RAY_AUTH_TOKEN" in variables and variables.keys() >= QUIET.keys():
        for name in (*QUIET, "RAY_AUTH_TOKEN"):
            variables.pop(name, None)
        variables.update(_replaced)
    variables.update({name: QUIET[name] for name in JOINED})


def joined_environment(cpus: int) -> dict[str, str]:
    """Lists the environment variables of a cluster's workers."""
    kept = {name: QUIET[name] for name in JOINED}
    return {**environment(cpus), **kept, VARIABLE: check_backend()}


def worker_environment(*, cpus: int, early: int, folder: Path) -> dict[str, str]:
    """Lists the environment variables of workers that train with so many threads.

    The first ``early`` of them import Keras before they have a trial; they mark that
    in ``folder``.
    """
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    places = dict.fromkeys((str(ROOT), *user_folders(), *filter(None, named)))
    plan = {"cpus": cpus, "early": early, "folder": str(folder)}
    return {
        **environment(cpus),
        "PYTHONPATH": os.pathsep.join(places),
        EARLY: json.dumps(plan),
    }


def _has_home() -> bool:
    """Whether this user has a home folder; in some containers there is none."""
    try:
        Path.home()
    except RuntimeError:
        return False
    return True
