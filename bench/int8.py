"""Whether int8 would pay: networks quantized, how far they are from fp32, and how fast.

    pip install 'vidstyle[onnx]'
    python bench/int8.py [--networks swift,swift-lite] [--styles DIR]

Convolutions whose kernels are the network's own get 8 bits, one scale for each channel of a kernel,
by ONNX Runtime's static quantization, calibrated on frames of the sample clips in the styles that
come along; kernels that are made of a style's code stay as they are. OpenVINO draws. Judged are
other frames, in the pictures of --styles, or else in the same styles. Rows differ in what of these
convolutions is quantized:

all          all
inner        all but the stem, the one behind it, and the last, which lose the most
depthwise    the depthwise ones alone

psnr is of the worst and the best frame, in dB. Timed in turns with fp32, the fastest of nine.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import openvino as ov
from machine import machine, print_machine
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from vidstyle.image import resize
from vidstyle.sources import Reading, open_source
from vidstyle.styles import bundled_styles
from vidstyle.stylizer import Drawing, Stylizer, load_stylizer
from vidstyle.weights import find_model

HEIGHT, WIDTH = 360, 640
CLIPS = sorted((Path(__file__).parents[1] / "samples/clips").glob("*.mp4"))
ROUNDS = 9


def main() -> None:
    """Quantize, compare, time and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--networks", default="swift,swift-lite")
    parser.add_argument("--styles", type=Path)
    arguments = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)  # ONNX Runtime would have its graphs improved
    print_machine(machine())
    print("| network | quantized | psnr | fp32 | int8 | faster |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in arguments.networks.split(","):
        with tempfile.TemporaryDirectory() as folder:
            measure(name, arguments.styles, Path(folder))


def measure(name: str, others: Path | None, folder: Path) -> None:
    """Print the rows of one network."""
    model, stylizer = find_model(name), load_stylizer(Drawing(name, "openvino", "cpu", "fp32"))
    exact = folder / "exact.onnx"
    quant_pre_process(str(model.graph("stylize").function), str(exact), skip_symbolic_shape=True)
    known = list(bundled_styles())
    judging = sorted(map(str, others.iterdir())) if others else known
    calibration = list(feeds(stylizer, model, known, (1, 3)))
    judged = list(feeds(stylizer, model, judging, (2, 4)))
    expected = compiled(exact)
    for words, left_out in left_outs(exact).items():
        path = folder / f"{words}.onnx"
        quantize_static(
            str(exact), str(path), Calibration(calibration), op_types_to_quantize=["Conv"],
            nodes_to_exclude=left_out, per_channel=True, reduce_range=True,  # AVX2 adds in 16 bits
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            extra_options={"QuantizeBias": False},
        )  # fmt: skip
        quantized = compiled(path)
        found = [psnr(drawn(quantized, feed), drawn(expected, feed)) for feed in judged]
        slow, fast = fastest(expected, quantized, judged[0])
        print(
            f"| `{name}` | {words} | {min(found):.1f} to {max(found):.1f} | {1000 * slow:.0f} ms "
            f"| {1000 * fast:.0f} ms | {slow / fast:.2f} |",
            flush=True,
        )


class Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Gives feeds one by one."""

    def __init__(self, feeds: list[dict[str, Any]]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> dict[str, Any] | None:
        """The next, or None at the end."""
        return next(self._feeds, None)


def feeds(
    stylizer: Stylizer, model: Any, names: list[str], seconds: tuple[int, ...]
) -> Iterator[dict[str, Any]]:
    """Inputs of `stylize`: frames of every clip, each in another style."""
    ports = [port.name for port in model.graph("stylize").inputs]
    for place, (clip, start) in enumerate((clip, start) for clip in CLIPS for start in seconds):
        with open_source(str(clip), Reading(start=Fraction(start))) as source:
            pixels = resize(next(iter(source)).pixels, HEIGHT, WIDTH)
        content = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32) / 255
        code = stylizer.look(names[3 * place % len(names)]).code
        inputs = [content, *map(np.asarray, code), np.ones(1, np.float32)]
        yield dict(zip(ports, inputs, strict=False))  # not all have a strength


def left_outs(path: Path) -> dict[str, list[str]]:
    """Which convolutions of a graph stay in fp32, for each row."""
    graph = onnx.load(str(path)).graph
    shapes = {tensor.name: tensor.dims for tensor in graph.initializer}
    all_of_them = [node for node in graph.node if node.op_type == "Conv"]
    made = [node.name for node in all_of_them if node.input[1] not in shapes]
    own = [node for node in all_of_them if node.input[1] in shapes]
    depthwise = [node.name for node in own if shapes[node.input[1]][1] == 1]
    return {
        "all": made,
        "inner": [*made, own[0].name, own[1].name, own[-1].name],
        "depthwise": [*made, *(node.name for node in own if node.name not in depthwise)],
    }


def compiled(path: Path) -> ov.InferRequest:
    """A graph as OpenVINO runs it in fp32."""
    core = ov.Core()
    model = core.read_model(str(path))
    model.reshape({"content": [1, 3, HEIGHT, WIDTH]})
    options = {"INFERENCE_PRECISION_HINT": ov.Type.f32}
    return core.compile_model(model, "CPU", options).create_infer_request()


def drawn(request: ov.InferRequest, feed: dict[str, Any]) -> Any:
    """The drawing, in 0..1."""
    return request.infer(feed)[0].clip(0, 1).copy()


def psnr(one: Any, other: Any) -> float:
    """Of two drawings, in dB."""
    return float(-10 * np.log10(np.square(one - other).mean()))


def fastest(one: ov.InferRequest, other: ov.InferRequest, feed: dict[str, Any]) -> list[float]:
    """Seconds that each takes for a frame, measured in turns."""
    seconds: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for request, taken in zip((one, other), seconds, strict=True):
            began = time.perf_counter()
            request.infer(feed)
            taken.append(time.perf_counter() - began)
    return [min(taken) for taken in seconds]


if __name__ == "__main__":
    main()
