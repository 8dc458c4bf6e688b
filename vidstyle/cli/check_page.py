"""What `vidstyle check` found, as one page that needs nothing beside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from vidstyle.cli.check_table import figures, skipped, still_lines
from vidstyle.cli.page import document, grid, paragraphs
from vidstyle.cli.plot import Line, Mark, plot
from vidstyle.comparison import Consistency
from vidstyle.temporal.warping_error import WarpingError
from vidstyle.temporal.worst import HOTTEST, Worst


def page(found: Consistency) -> str:
    """The page as HTML."""
    sections = [
        _figures(found),
        _over_time(found),
        _still(found),
        _worst(found.worst),
        _not_compared(found),
        _MEANING,
    ]
    said = (
        f"<p>Compared with its content, {escape(found.content)}: {found.frames} frames in "
        f"{found.seconds:.2f} s, at {found.width}x{found.height}, along the flow of "
        f"{escape(found.flow)}.</p>\n{paragraphs(found.notes)}"
    )
    return document(f"How steady is {found.drawn}?", said + "".join(sections))


def _figures(found: Consistency) -> str:
    heads = ("", "1 frame apart", "10 frames apart")
    caption = "RMSE of colors in 0..1; less is steadier"
    return f"<h2>Warping error</h2>\n{grid(caption, heads, figures(found), 'first')}"


def _over_time(found: Consistency) -> str:
    lines = [
        Line("1 frame apart", "a", [(one.time, _above(one.short)) for one in found.moments]),
        Line("10 frames apart", "b", [(one.time, _above(one.long)) for one in found.moments]),
        Line("the content's own", "c", [(one.time, _own(one.short)) for one in found.moments]),
    ]
    marks = [Mark(time, f"a new scene at {time:.2f} s") for time in found.cuts]
    marks += [
        Mark(one.time, f"worst moment {place}, {one.time:.2f} s", f"#moment-{place}")
        for place, one in enumerate(found.worst, 1)
    ]
    said = "RMSE above the content's own over time"
    drawn = plot(said, "seconds", said.removesuffix(" over time"), lines, marks)
    return (
        f"<h2>Over time</h2>\n{drawn}\n"
        '<p class="soft">Triangles lead to the worst moments; at dashed lines a new scene begins.'
        "</p>\n"
    )


def _above(error: WarpingError | None) -> float | None:
    return None if error is None else error.above


def _own(error: WarpingError | None) -> float | None:
    return None if error is None else error.content


def _still(found: Consistency) -> str:
    still = found.still
    parts = [paragraphs(still_lines(still))]
    if still.drawn is not None and still.content is not None:
        rhythms = (("drawing", "a", still.drawn), ("content", "b", still.content))
        lines = [
            Line(name, kind, [(hertz, energy**0.5) for hertz, energy in rhythm.spectrum])
            for name, kind, rhythm in rhythms
        ]
        fast = still.drawn.fast_from
        marks = [Mark(fast, f"above {fast:g} Hz it is flicker")]
        said = "change at each frequency, in levels of 255"
        parts.append(plot(said, "hertz", said, lines, marks))
        parts.append(f'<p class="soft">Right of the dashed line, {fast:g} Hz, it is flicker.</p>')
    return f"<h2>Where nothing moves</h2>\n{''.join(parts)}\n" if any(parts) else ""


def _worst(moments: Sequence[Worst]) -> str:
    if not moments:
        return ""
    said = (
        "<p>Content, drawing, and a heat map of where the drawing changed more than its content "
        f"since the frame before: black for not at all, yellow for {HOTTEST:g} or more, grey "
        "where it cannot be compared.</p>"
    )
    shown = "\n".join(_moment(place, moment) for place, moment in enumerate(moments, 1))
    return f"<h2>Worst moments</h2>\n{said}\n{shown}\n"


def _moment(place: int, moment: Worst) -> str:
    caption = f"{place}. {moment.time:.2f} s, frame {moment.frame}: {moment.above:.4f}"
    picture = b64encode(moment.picture).decode()
    return (
        f'<figure id="moment-{place}"><img alt="Content, drawing and heat map at '
        f'{moment.time:.2f} s" loading="lazy" src="data:image/jpeg;base64,{picture}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _not_compared(found: Consistency) -> str:
    rows = skipped(found)
    if found.cuts:
        rows.append("new scenes at " + ", ".join(f"{time:.2f} s" for time in found.cuts))
    items = "".join(f"<li>{escape(row)}</li>" for row in rows) or "<li>no frame</li>"
    return f"<h2>Not compared</h2>\n<ul>{items}</ul>\n"


_MEANING = """<h2>What the figures say</h2>
<p>The frame before is moved along the optical flow of the content and compared with this one, where
that flow can be trusted: where flow there and back again agree, where motion does not break, and
where the content itself comes out within 0.1. One frame apart, flicker shows; ten frames apart,
texture that slowly wanders.</p>
<p>Above the content's own is the square root of the drawing's mean square less the content's: what
noise, changing light and wrong flow do to the content too is no fault of the drawing.</p>
<p>Where nothing moves, the same pixel is followed for 32 frames.</p>
"""
