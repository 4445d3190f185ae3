"""What Ray reads of the environment: this project's settings, whatever a person's."""

import os
from pathlib import Path

from search.executors.ray.environment import QUIET, set_ray_environment

PERSON = {
    "RAY_ADDRESS": "10.0.0.1:6379",
    "RAY_AUTH_MODE": "disabled",
    "RAY_AUTH_TOKEN": "known-to-all",
    "RAY_AUTH_TOKEN_PATH": "/home/others/token",
    "RAY_TMPDIR": "/home/others",
    "RAY_REDIS_ADDRESS": "10.0.0.1:6379",
    "RAY_RUNTIME_ENV_HOOK": "others.hook",
    "TUNE_RESULT_DIR": "/home/others",
}


def test_no_setting_of_a_person_reaches_ray():
    """No address, token or folder of another cluster is left; other names are."""
    found = PERSON | {"PATH": "/bin", "RAY_memory_usage_threshold": "0.9"}
    set_ray_environment(found)
    for name, value in PERSON.items():
        assert found.get(name) != value
    assert QUIET.items() <= found.items()
    assert set(found) - set(QUIET) - {"HOME"} == {
        "PATH",
        "RAY_memory_usage_threshold",
        "RAY_AUTH_TOKEN",
    }


def test_each_run_has_its_own_token():
    """Tokens are long, and no two are equal."""
    tokens = set()
    for _ in range(3):
        found = dict(PERSON)
        set_ray_environment(found)
        assert found["RAY_AUTH_MODE"] == "token"
        tokens.add(found["RAY_AUTH_TOKEN"])
    assert len(tokens) == 3
    assert all(len(token) == 64 for token in tokens)


def test_a_home_folder_stays():
    """A user with a home folder keeps it."""
    found = {"HOME": "/home/person"}
    set_ray_environment(found)
    assert found["HOME"] == "/home/person"


def test_without_a_home_folder_nothing_can_be_written_there(monkeypatch):
    """A user without an account gets a temporary home folder."""

    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    found = {}
    set_ray_environment(found)
    assert found["HOME"] == os.devnull
