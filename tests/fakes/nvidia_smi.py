"""A fake driver's command ``nvidia-smi`` on a path of its own."""

import os

CARD = "{index}, GPU-{index}abc-5d, {mebibytes}, {capability}, NVIDIA Fake"


def install(folder, monkeypatch, *, answer, code=0):
    """Puts a command that answers so before all others."""
    folder.mkdir(exist_ok=True)
    (folder / "answer").write_text(answer)
    command = folder / "nvidia-smi"
    command.write_text(f'#!/bin/sh\ncat "{folder}/answer"\nexit {code}\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def cards(*mebibytes, capability="8.0"):
    """Renders the answer of a machine with GPUs of these memories."""
    return "".join(
        CARD.format(index=index, mebibytes=memory, capability=capability) + "\n"
        for index, memory in enumerate(mebibytes)
    )
