"""Files of tensors by name, as authors publish them: nothing in them can run."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from vidstyle.errors import InputError

_WRAPPERS = ("state_dict", "model")  # keys under which some authors keep the tensors


def read_checkpoint(path: Path) -> Mapping[str, Any]:
    """The tensors by name of a PyTorch checkpoint or a safetensors file; nothing in it can run.

    Raises:
        InputError: no such file, no checkpoint, or one that holds more than tensors.
    """
    try:
        loaded = _loaded(path)
    except FileNotFoundError:
        raise InputError(f"There is no file {str(path)!r}.") from None
    except pickle.UnpicklingError:
        raise InputError(
            f"{str(path)!r} holds more than tensors, or is no PyTorch checkpoint; it is not "
            "opened, since that could run foreign code."
        ) from None
    except Exception as error:  # damaged files make their readers fail in every way
        reason = (str(error).splitlines() or ["damaged"])[0]
        raise InputError(f"{str(path)!r} cannot be read as a checkpoint: {reason}") from None
    for wrapper in _WRAPPERS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(wrapper), Mapping):
            loaded = loaded[wrapper]
    if not isinstance(loaded, Mapping):
        raise InputError(f"{str(path)!r} holds a {type(loaded).__name__}, not tensors by name.")
    return {str(key).removeprefix("module."): value for key, value in loaded.items()}


def checked_tensor(
    tensors: Mapping[str, Any], key: str, shape: torch.Size, path: Path, hint: str
) -> Tensor:
    """The tensor `key` of a checkpoint, as float32.

    Args:
        tensors: what `read_checkpoint` gave.
        key: its name there.
        shape: which it must have.
        path: of the file, to name it.
        hint: what to ask where it does not fit, such as "is it the file for --vgg?".

    Raises:
        InputError: it is not there, of another shape, or not finite.
    """
    if key not in tensors:
        some = ", ".join(list(tensors)[:3])
        raise InputError(f"{str(path)!r} has no tensor {key!r} (it has {some}, …): {hint}")
    tensor = tensors[key]
    if not isinstance(tensor, Tensor) or tensor.shape != shape:
        actual = tuple(tensor.shape) if isinstance(tensor, Tensor) else type(tensor).__name__
        raise InputError(
            f"In {str(path)!r} the tensor {key!r} is {actual}, and {tuple(shape)} is needed: {hint}"
        )
    if not torch.isfinite(tensor).all():
        raise InputError(f"In {str(path)!r} the tensor {key!r} has numbers that are not finite.")
    return tensor.float().contiguous()


def _loaded(path: Path) -> Any:
    if path.suffix == ".safetensors":
        return load_file(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pickle's versions
        return torch.load(path, map_location="cpu", weights_only=True)
