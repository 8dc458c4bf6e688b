"""Marks of tests that need what not every machine has.

FAIL_WITHOUT_CUDA=1 turns the skips into failures, for machines that must have a GPU.
"""

import os

import pytest
import torch

needs_cuda = pytest.mark.skipif(
    not torch.cuda.is_available() and not os.environ.get("FAIL_WITHOUT_CUDA"),
    reason="needs an NVIDIA GPU",
)
