"""vidstyle live: a camera, drawn."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from vidstyle.cli.report import report
from vidstyle.cli.signals import ended_by_signals
from vidstyle.errors import Interrupted, MissingPackage, UsageError

if TYPE_CHECKING:
    from vidstyle.live.show import LiveJob, Show
    from vidstyle.sources.microphones import Microphone

_BETWEEN_LINES = 5.0  # seconds


@click.command()
@click.argument("source", metavar="[IN", required=False)
@click.argument("sinks", metavar="OUT…]", nargs=-1)
@click.option(
    "-s", "--style", metavar="STYLE", multiple=True, help="As for stylize. [starry-night]"
)
@click.option("--network", metavar="NAME", default="swift", help="The network. [swift]")
@click.option("--strength", type=float, default=1.0, metavar="0..1", help="How strongly. [1]")
@click.option("--runtime", metavar="NAME", default="auto", help="A way to run it. [auto]")
@click.option("--device", metavar="NAME", default="auto", help="auto, cpu, cuda:0, … [auto]")
@click.option(
    "--precision", metavar="NAME", default="auto", help="auto, fp32, bf16 or fp16. [auto]"
)
@click.option("--fade", type=float, default=0.5, metavar="SECONDS", help="A change of style. [0.5]")
@click.option("--keep-color", metavar="HOW", help="luminance, or match: styles recolored.")
@click.option("--stabilize", metavar="HOW", help="off, light or full. [as the network needs]")
@click.option("--fps", type=float, default=30.0, metavar="N", help="Frames a second to hold. [30]")
@click.option(
    "--adapt/--no-adapt", default=True, help="Draw smaller where time is short. [--adapt]"
)
@click.option("--size", metavar="SIZE", help="Ask the camera for 1280x720. [the camera's own]")
@click.option("--mirror", is_flag=True, help="Left and right change places.")
@click.option("--side-by-side", is_flag=True, help="Content left, drawing right.")
@click.option("--pace", is_flag=True, help="Play a file at its own pace.")
@click.option("--for", "seconds", type=float, metavar="SECONDS", help="End after so long.")
@click.option("--osc", type=int, metavar="PORT", help="Listen to OSC on that port of loopback.")
@click.option("--audio/--no-audio", default=True, help="Sound in recordings and streams. [--audio]")
@click.option(
    "--microphone",
    is_flag=False,
    flag_value="",
    metavar="[NAME]",
    help="Its sound, not the source's.",
)
@click.option("--list-cameras", is_flag=True, help="List cameras, and end.")
@click.option("--list-microphones", is_flag=True, help="List microphones, and end.")
@click.option("--page", is_flag=True, help="Serve a page where browsers' cameras are drawn.")
@click.option("--host", default="127.0.0.1", metavar="NAME", help="--page: listen there.")
@click.option("--port", type=int, default=8000, metavar="N", help="--page: at that port. [8000]")
@click.option("--token", metavar="SECRET", help="--page: visitors must know it.")
@click.option("--certificate", metavar="FILE", help="--page: for TLS.")
@click.option("--key", metavar="FILE", help="--page: of the certificate.")
@click.option("--visitors", type=int, default=2, metavar="N", help="--page: at once. [2]")
@click.option("--overwrite", is_flag=True, help="Replace a recording that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing unless something fails.")
def live(
    source: str | None,
    sinks: tuple[str, ...],
    list_cameras: bool,
    list_microphones: bool,
    page: bool,
    **settings: Any,
) -> None:
    """Draw what a camera sees, at once. IN is camera 0, and OUT a window, unless given.

    \b
    vidstyle live                                      camera 0 in a window; h shows its keys
    vidstyle live 0 camera --style mosaic              a virtual camera for Zoom and OBS
    vidstyle live 1 window take.mp4 --mirror           a window, and a recording
    vidstyle live 0 take.mp4 --microphone              a recording, with the microphone's sound
    vidstyle live rtsp://host/door rtmp://host/key     a stream, drawn, with its sound, to a server
    vidstyle live in.mp4 null --pace --for 20          how fast is it here?
    vidstyle live --page                               a page for the browser's camera

    IN is a camera's number, camera:NAME, an address, a file with --pace, or lavfi:GRAPH. OUT is
    window, camera, camera:DEVICE, null, a file, or an address (rtmp, srt, rtsp, whip by http, udp).
    Ctrl-C ends it; recordings are finished.
    """
    if settings.pop("quiet"):
        logging.getLogger("vidstyle").setLevel(logging.WARNING)
    if list_cameras:
        _list_cameras(settings["as_json"])
    elif list_microphones:
        _list_microphones(settings["as_json"])
    elif page:
        if source is not None:
            raise UsageError("With --page the camera is the browser's; give no IN and no OUT.")
        _serve(settings)
    else:
        _perform(source or "0", sinks or ("window",), settings)


def _list_cameras(as_json: bool) -> None:
    from vidstyle.sources.cameras import cameras

    found = cameras()
    lines = [f"{camera.number}  {camera.name}  {camera.address}" for camera in found]
    report([asdict(camera) for camera in found], as_json, lines or ["There is no camera here."])


def _list_microphones(as_json: bool) -> None:
    from vidstyle.sources.microphones import microphones

    found = microphones()
    lines = [f"{microphone.name}  {microphone.address}" for microphone in found]
    report(
        [asdict(microphone) for microphone in found],
        as_json,
        lines or ["There is no microphone here."],
    )


def _perform(source: str, addresses: tuple[str, ...], settings: dict[str, Any]) -> None:
    from vidstyle.live.show import run_live
    from vidstyle.live.sinks import open_live_sink
    from vidstyle.styles import bundled_styles

    job = _job(source, settings)
    styles = list(dict.fromkeys([*job.controls.mix, *bundled_styles()]))
    sinks = [open_live_sink(name, styles, settings["overwrite"]) for name in addresses]
    with ended_by_signals() as check, ExitStack() as opened:

        def wait(show: Show) -> None:
            if settings["osc"] is not None:
                opened.enter_context(_osc(show, settings["osc"]))
            watching = [sink.watch for sink in sinks if hasattr(sink, "watch")]
            if watching:
                watching[0](show)
                return
            said = time.monotonic()
            while not show.ended.wait(0.1):
                try:
                    check()
                except Interrupted:  # the usual end
                    return
                if time.monotonic() - said >= _BETWEEN_LINES:
                    said = time.monotonic()
                    _say(show)

        summary = run_live(job, sinks, wait, settings["seconds"])
    line = (
        f"{summary.frames} frames in {summary.seconds:.1f} s, {summary.frames_per_second:.1f} fps, "
        f"{summary.dropped} dropped; {summary.network} at {summary.size}"
    )
    report(asdict(summary), settings["as_json"], [line])


def _job(source: str, settings: dict[str, Any]) -> LiveJob:
    from vidstyle.job import parse_size
    from vidstyle.live.controls import Controls
    from vidstyle.live.show import LiveJob
    from vidstyle.sources.live import Live

    size = None
    if settings["size"] is not None:
        height, width = parse_size(settings["size"])
        if width is None:
            raise UsageError("A camera's size is WIDTHxHEIGHT, such as 1280x720.")
        size = height, width
    live = Live(source, settings["fps"], size, settings["pace"])
    return LiveJob(
        live, _controls(settings, Controls), _drawing(settings), settings["fps"],
        settings["adapt"], settings["mirror"], settings["side_by_side"], settings["audio"],
        _microphone(settings),
    )  # fmt: skip


def _microphone(settings: dict[str, Any]) -> Microphone | None:
    from vidstyle.sources.microphones import find_microphone

    name = settings["microphone"]
    if name is not None and not settings["audio"]:
        raise UsageError("--microphone and --no-audio exclude one another.")
    return None if name is None else find_microphone(name or None)


def _controls(settings: dict[str, Any], make: Any) -> Any:
    from vidstyle.styles import find_style
    from vidstyle.timeline import parse_mix
    from vidstyle.weights import find_model

    mix = parse_mix(settings["style"] or ("starry-night",))
    header = find_model(settings["network"]).header
    for style in mix:
        if not header.styles:
            find_style(style)
    if len(mix) > 1 and not header.mixes:
        raise UsageError(f"{settings['network']} cannot mix styles; give one.")
    if settings["keep_color"] == "match" and header.styles:
        raise UsageError(
            f"{settings['network']} knows its styles by heart, so their colors stay as they are: "
            "--keep-color luminance works."
        )
    fade = settings["fade"] if header.mixes else 0.0
    stabilize = settings["stabilize"] or header.stabilizer
    return make(mix, settings["strength"], fade, settings["keep_color"], stabilize)


def _drawing(settings: dict[str, Any]) -> Any:
    from vidstyle.stylizer import Drawing

    return Drawing(
        settings["network"], settings["runtime"], settings["device"], settings["precision"]
    )


def _say(show: Show) -> None:
    figures, last = show.pulse.figures, show.last
    rung = last.rung if last is not None else None
    delay = "" if figures.delay is None else f", delay {figures.delay:.0f} ms"
    print(
        f"{figures.frames_per_second:.1f} fps{delay}, {figures.dropped} dropped, {rung}",
        file=sys.stderr,
        flush=True,
    )


def _osc(show: Show, port: int) -> Any:
    try:
        from vidstyle.live.osc import OscControls
    except ModuleNotFoundError as missing:
        raise MissingPackage(
            f"OSC needs the package {missing.name!r}: pip install 'vidstyle[osc]'."
        ) from missing
    return OscControls(show, port)


def _serve(settings: dict[str, Any]) -> None:
    from vidstyle.live.controls import Controls
    from vidstyle.web import Serving, serve

    serve(
        Serving(
            drawing=_drawing(settings),
            controls=_controls(settings, Controls),
            host=settings["host"],
            port=settings["port"],
            token=settings["token"],
            certificate=settings["certificate"],
            key=settings["key"],
            visitors=settings["visitors"],
            fps=settings["fps"],
            adapt=settings["adapt"],
        )
    )
