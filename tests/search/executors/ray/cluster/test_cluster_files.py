"""The files for clusters can be read, and name options that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.scripts.scripts import start

import search
from search.run import build_parser

FOLDER = Path(search.__file__).parent / "clusters"
OPTIONS = {name for option in start.params for name in option.opts}


def read(name):
    """Reads one of the files."""
    return (FOLDER / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["ray_up.yaml", "own_machines.yaml"])
def test_ray_up_is_ray_s_own_schema(name):
    """``ray up`` takes the file."""
    validate_config(prepare_config(yaml.safe_load(read(name))))


@pytest.mark.parametrize("name", ["ray_up.yaml", "own_machines.yaml", "slurm.sbatch"])
def test_options_of_ray_start(name):
    """Each option of ``ray start`` exists."""
    text = read(name).replace("\\\n", " ")
    commands = re.findall(r"ray start ([^\n]*)", text)
    used = {one for words in commands for one in re.findall(r"--[a-z-]+", words)}
    assert commands
    assert used <= OPTIONS


def test_kuberay_is_a_cluster_with_a_token():
    """The manifest asks for a token, and its start parameters are Ray's options."""
    found = yaml.safe_load(read("kuberay.yaml"))
    assert (found["apiVersion"], found["kind"]) == ("ray.io/v1", "RayCluster")
    spec = found["spec"]
    assert spec["authOptions"] == {"mode": "token"}
    groups = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    parameters = {f"--{name}" for group in groups for name in group["rayStartParams"]}
    assert parameters <= OPTIONS
    for group in groups:
        (container,) = group["template"]["spec"]["containers"]
        assert container["resources"]["limits"].keys() >= {"cpu", "memory"}


def test_slurm_stops_the_driver_with_a_signal_that_it_gets():
    """A shell's background jobs ignore SIGINT; the script sends SIGTERM."""
    lines = read("slurm.sbatch").splitlines()
    assert any(line.startswith("#SBATCH --signal=B:TERM@") for line in lines)
    assert any(re.match(r"trap 'kill -TERM .*' TERM$", line) for line in lines)


def test_slurm_is_a_shell_script():
    """Bash reads the file, and Slurm's lines come before the first command."""
    lines = read("slurm.sbatch").splitlines()
    first = next(n for n, line in enumerate(lines) if line and line[0] != "#")
    assert not any(line.startswith("#SBATCH") for line in lines[first:])
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash")
    subprocess.run([bash, "-n", str(FOLDER / "slurm.sbatch")], check=True)  # noqa: S603 - bash itself


def test_commands_of_the_guide():
    """Each search of the guide has options of ``search.run``."""
    blocks = re.findall(r"python -m search\.run ([^#\n]*)", read("README.md"))
    assert len(blocks) >= 5
    for words in blocks:
        build_parser().parse_args(words.split())
