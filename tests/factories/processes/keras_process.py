"""A process that is prepared for training: ``python -m`` this."""

from models.backend import prepare_process

if __name__ == "__main__":
    prepare_process(cpus=1)
