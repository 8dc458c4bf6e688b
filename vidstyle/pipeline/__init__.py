"""How stages run at the same time, and what they cost. No torch here: plain Python."""

from vidstyle.pipeline.meter import Meter
from vidstyle.pipeline.threads import Channel, ahead, each_after, newest

__all__ = ["Channel", "Meter", "ahead", "each_after", "newest"]
