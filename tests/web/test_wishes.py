import math

import pytest

from vidstyle.errors import UsageError
from vidstyle.live.controls import Controls
from vidstyle.web.wishes import described, message_of, wished

NOW = Controls({"ink": 1.0})
STYLES = ("ink", "scream")


def test_a_style_is_a_mix_of_one():
    assert wished(NOW, {"style": "scream"}, STYLES, True).mix == {"scream": 1.0}


def test_weights_become_shares():
    assert wished(NOW, {"mix": {"ink": 3, "scream": 1}}, STYLES, True).mix["ink"] == 0.75


def test_what_is_not_wished_stays():
    now = wished(NOW, {"strength": 0.5}, STYLES, True)
    assert wished(now, {"keep_color": "luminance"}, STYLES, True).strength == 0.5


def test_controls_as_described_are_a_wish_for_themselves():
    now = wished(NOW, {"strength": 0.5, "stabilize": "light"}, STYLES, True)
    assert wished(NOW, described(now), STYLES, True) == now


def test_a_network_that_cannot_mix_neither_blends_nor_fades():
    assert wished(NOW, {"style": "scream"}, STYLES, False).fade == 0
    with pytest.raises(UsageError, match="cannot mix"):
        wished(NOW, {"mix": {"ink": 1, "scream": 1}}, STYLES, False)


@pytest.mark.parametrize(
    "wish",
    [
        {"style": "../me.jpg"},
        {"style": ["ink"]},
        {"mix": {}},
        {"mix": {"ink": 0}},
        {"mix": {"ink": -1, "scream": 2}},
        {"mix": {"ink": math.nan}},
        {"mix": {"ink": "1"}},
        {"strength": True},
        {"strength": math.nan},
        {"strength": 10**400},
        {"stabilize": "much"},
        {"stabilize": {}},
        {"keep_color": 1},
        {"fade": -1},
        {"network": "wct"},
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(wish):
    with pytest.raises(UsageError):
        wished(NOW, wish, STYLES, True)


@pytest.mark.parametrize("text", ["", "7", "[{}]", "[" * 100_000, '{"a"'])
def test_a_message_is_an_object(text):
    with pytest.raises(UsageError, match="JSON object"):
        message_of(text)
