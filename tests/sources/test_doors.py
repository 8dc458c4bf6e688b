"""What a file or an address may touch: other files, other hosts, and our time."""

import socket
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from media import clip

from vidstyle import avfile
from vidstyle.errors import InputError, PartialResult
from vidstyle.sources import Reading, open_source


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        super().do_GET()

    def log_message(self, *message: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    """A web server over `tmp_path/web` that keeps what it was asked for in `asked`."""
    (tmp_path / "web").mkdir()
    made = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=tmp_path / "web"))
    made.asked = []
    made.url = f"http://127.0.0.1:{made.server_port}"
    thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def count(address, **reading):
    with open_source(str(address), Reading(**reading)) as source:
        return len(list(source))


def playlist(*segments):
    lines = [f"#EXTINF:1.0,\n{segment}" for segment in segments]
    return "\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:1", *lines, "#EXT-X-ENDLIST", ""])


SCRIPTS = {
    "hls": lambda address: playlist(address),
    "concat": lambda address: f"ffconcat version 1.0\nfile '{address}'\n",
    "dash": lambda address: (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet><Representation id="0" '
        f'bandwidth="1" mimeType="video/mp4"><BaseURL>{address}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    ),
}


@pytest.mark.parametrize("name", ["a.mp4", "a.m3u8", "a.ts", "a.mpd", "a.txt"])
@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_script_under_any_name_reads_no_other_file(tmp_path, kind, name):
    secret = clip(tmp_path / "secret.ts", codec="mpeg2video")
    assert count(secret) == 10
    for address in ("secret.ts", str(secret), f"file:{secret}"):
        (tmp_path / name).write_text(SCRIPTS[kind](address))
        with pytest.raises(InputError, match="cannot be read as a video"):
            count(tmp_path / name)


@pytest.mark.parametrize("name", ["a.mp4", "a.m3u8", "a.mpd"])
@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_script_under_any_name_calls_no_host(tmp_path, server, kind, name):
    clip(tmp_path / "web" / "a.ts", codec="mpeg2video")
    (tmp_path / name).write_text(SCRIPTS[kind](f"{server.url}/a.ts"))
    with pytest.raises(InputError, match="cannot be read as a video"):
        count(tmp_path / name)
    assert server.asked == []


@pytest.mark.parametrize("name", ["a.mp4", "a.sdp"])
def test_a_session_description_opens_no_socket(tmp_path, name):
    text = (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    )
    (tmp_path / name).write_text(text + "a=rtpmap:96 H264/90000\n")
    with pytest.raises(InputError, match="cannot be read as a video"):
        count(tmp_path / name)


@pytest.mark.parametrize(
    "address", ["concat:{0}|{0}", "subfile,,start,0,end,0,,:{0}", "crypto:{0}"]
)
def test_protocols_of_ffmpeg_are_no_file_names(tmp_path, address):
    secret = clip(tmp_path / "secret.ts", codec="mpeg2video")
    with pytest.raises(InputError, match="does not exist"):
        count(address.format(secret))


def test_an_address_of_a_file_is_refused(tmp_path):
    path = clip(tmp_path / "a.mp4")
    with pytest.raises(InputError, match="cannot be read as a video"):
        count(f"file://{path}")


def test_a_video_is_read_from_the_network(tmp_path, server):
    clip(tmp_path / "web" / "a.mp4", container_options={"movflags": "faststart"})
    assert count(f"{server.url}/a.mp4") == 10


def test_a_part_of_a_video_is_read_from_the_network(tmp_path, server):
    clip(tmp_path / "web" / "a.mp4", frames=60)
    assert count(f"{server.url}/a.mp4", start=Fraction(1), end=Fraction(2)) == 25


def test_a_playlist_is_read_from_the_network(tmp_path, server):
    clip(tmp_path / "web" / "a.ts", frames=25)
    clip(tmp_path / "web" / "b.ts", frames=25, start=1)
    (tmp_path / "web" / "list.m3u8").write_text(playlist("a.ts", "b.ts"))
    assert count(f"{server.url}/list.m3u8") == 50
    assert {"/list.m3u8", "/a.ts", "/b.ts"} <= set(server.asked)


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}", "crypto:{}", "concat:{0}|{0}"])
@pytest.mark.parametrize("name", ["list.m3u8", "list.mp4"])
def test_a_playlist_of_the_network_reads_no_file_here(tmp_path, server, form, name):
    secret = clip(tmp_path / "secret.ts", codec="mpeg2video")
    (tmp_path / "web" / name).write_text(playlist(form.format(secret)))
    with pytest.raises((InputError, PartialResult)):
        count(f"{server.url}/{name}")


def test_what_is_not_there_is_refused(server):
    with pytest.raises(InputError, match="404"):
        count(f"{server.url}/nothing.mp4")


def test_a_host_that_refuses_is_an_input_error():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for protocol in ("http", "rtsp", "rtmp"):
        with pytest.raises(InputError, match="refused"):
            count(f"{protocol}://127.0.0.1:{port}/a.mp4")


@pytest.mark.parametrize(
    ("protocol", "said"), [("http", "nothing came for 0.3 seconds"), ("rtsp", "cannot be read")]
)
def test_a_host_that_says_nothing_is_given_up(monkeypatch, protocol, said):
    monkeypatch.setattr(avfile, "_TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(InputError, match=said):
            count(f"{protocol}://127.0.0.1:{port}/a.mp4")


def test_a_host_that_falls_silent_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(avfile, "_TIMEOUT", 0.5)
    data = clip(tmp_path / "a.ts", width=640, height=480, frames=50).read_bytes()

    def half(silent: socket.socket) -> None:
        connection, _ = silent.accept()
        kept.append(connection)
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n\r\n".encode()
        connection.sendall(head + data[: len(data) // 2])

    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        thread = Thread(target=half, args=(silent,))
        thread.start()
        with pytest.raises((InputError, PartialResult), match="nothing came for 0.5 seconds"):
            count(f"http://127.0.0.1:{silent.getsockname()[1]}/a.ts")
        thread.join()
    for connection in kept:
        connection.close()
