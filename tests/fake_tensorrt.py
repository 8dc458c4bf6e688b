"""A library with TensorRT's interface that breaks as the real one may; see its Builder."""

import os
import signal
import time
from enum import IntEnum

__version__ = "1.2.3"
BEHAVIOR = "FAKE_TENSORRT"  # the environment variable that says how: a row of BEHAVIORS


class NetworkDefinitionCreationFlag(IntEnum):
    STRONGLY_TYPED = 0


class BuilderFlag(IntEnum):
    TF32 = 0


class ComputeCapability(IntEnum):
    NONE = 0
    SM89 = 89


class ILogger:
    INTERNAL_ERROR, ERROR, WARNING = range(3)


class IProgressMonitor:
    pass


class OnnxParser:
    num_errors = 0

    def __init__(self, network, log):
        pass

    def parse(self, onnx):
        return True


class Config:
    timings = None

    def clear_flag(self, flag):
        pass

    def set_compute_capability(self, target, place):
        pass

    def add_optimization_profile(self, profile):
        pass

    def create_timing_cache(self, content):
        return content

    def set_timing_cache(self, timings, ignore_mismatch):
        self.timings = timings
        return True

    def get_timing_cache(self):
        return Timings()


class Profile:
    def set_shape(self, name, least, best, largest):
        pass


class Timings:
    def serialize(self):
        return b"measured"


class Builder:
    """Its engines are b"engine of " and the timings that it was given."""

    def __init__(self, log):
        self.log = log

    def create_network(self, flags):
        return None

    def create_builder_config(self):
        return Config()

    def create_optimization_profile(self):
        return Profile()

    def build_serialized_network(self, network, config):
        config.progress_monitor.phase_start(f"process {os.getpid()}", None, 2)
        config.progress_monitor.step_complete(f"process {os.getpid()}", 0)
        return BEHAVIORS[os.environ.get(BEHAVIOR, "builds")](self, config)


def abort(builder, config):
    print("a word of the library's own", flush=True)
    os.write(2, b"first words\nLLVM ERROR: out of memory\n")
    os.abort()


def abort_by_timings(builder, config):
    return abort(builder, config) if config.timings else b"engine of nothing known"


def refuse(builder, config):
    builder.log.log(ILogger.WARNING, "Nothing to worry about.")
    builder.log.log(ILogger.ERROR, "Error Code 2:\n out of memory.")
    return None


BEHAVIORS = {
    "builds": lambda builder, config: b"engine of " + (config.timings or b""),
    "aborts": abort,
    "aborts by timings": abort_by_timings,
    "refuses": refuse,
    "is interrupted": lambda builder, config: signal.raise_signal(signal.SIGINT),
    "hangs": lambda builder, config: time.sleep(600),
}
