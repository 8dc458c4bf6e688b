"""AdaAttN's cosine attention beside its quadratic form: how much sooner, and whether the same.

    python bench/attention.py [--size 512]

The attention alone, at relu3_1 of a square frame, on random queries, keys and values in float32 on
all cores. The published form weighs each place of the frame by each place of the style; here the
style is summed up once, and a frame asks the sums. Seconds are the least of some rounds, in turns.
"""

from __future__ import annotations

import argparse
import time

import torch
import torch.nn.functional as F
from machine import machine, print_machine
from torch import Tensor

from vidstyle.networks.adaattn import CosineAttention
from vidstyle.networks.vgg import WIDTHS

ROUNDS = 3


def main() -> None:
    """Print a line for each size of style, and one for the quadratic form."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--size", type=int, default=512, help="pixels a side")
    size = parser.parse_args().size
    print_machine(machine())
    attention, (values_width, keys_width) = (
        CosineAttention(WIDTHS[:3]),
        (WIDTHS[2], sum(WIDTHS[:3])),
    )
    queries = features(keys_width, size, 0)
    styles = {
        side: (features(keys_width, side, 1), features(values_width, side, 2))
        for side in (size // 2, size, 2 * size)
    }
    codes = {side: attention.read(*style) for side, style in styles.items()}
    ways = {side: lambda code=code: attention.attend(queries, code) for side, code in codes.items()}
    ways["quadratic"] = lambda: quadratic(queries, *styles[size])
    seconds, found = dict.fromkeys(ways, float("inf")), {}
    with torch.inference_mode():
        for _ in range(ROUNDS):
            for name, attend in ways.items():
                began = time.perf_counter()
                found[name] = attend()
                seconds[name] = min(seconds[name], time.perf_counter() - began)
    slowest = seconds.pop("quadratic")
    print(f"frame and style {size}x{size}, quadratic  {1e3 * slowest:8.1f} ms a frame")
    for side, taken in seconds.items():
        print(
            f"style {side}x{side}, in sums  {1e3 * taken:8.1f} ms a frame, "
            f"{slowest / taken:.0f} times as fast"
        )
    difference = max(
        float((ours - theirs).abs().max() / theirs.abs().max())
        for ours, theirs in zip(found[size], found["quadratic"], strict=True)
    )
    print(f"mean and deviation differ by at most {difference:.0e} of the largest")


def features(channels: int, side: int, seed: int) -> Tensor:
    """Features at relu3_1 of a picture: [1, channels, side / 4, side / 4]."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, channels, side // 4, side // 4, generator=generator)


def quadratic(queries: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation with all weights formed, content by style, as published."""
    q, k, v = (part.flatten(2) for part in (queries, keys, values))
    cosines = (q / q.norm(dim=1, keepdim=True)).mT @ (k / k.norm(dim=1, keepdim=True))
    weights = F.relu(cosines + 1)
    weights = (weights / weights.sum(2, keepdim=True)).mT
    mean = v @ weights
    deviation = F.relu(v.square() @ weights - mean.square()).sqrt()
    shape = 1, -1, *queries.shape[2:]
    return mean.reshape(shape), deviation.reshape(shape)


if __name__ == "__main__":
    main()
