"""Published files on their way to the cache folder, from a server on this machine."""

import hashlib
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import HTTPHandler

import pytest

from vidstyle import fetching
from vidstyle.errors import UsageError, VidstyleError
from vidstyle.fetching import fetch, fetch_file
from vidstyle.weights import published_checkpoints, published_flows

CONTENT = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
BEGUN = 300_000  # bytes that an earlier download left


class Server(ThreadingHTTPServer):
    """Sends CONTENT; a test says what it does badly."""

    ranges = True  # sends a part where one is asked for
    sends = len(CONTENT)  # then the connection ends
    status = 200
    location = ""  # to which it leads on

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked = []  # for each request the range that it wanted

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/file.pth"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        server, wanted = self.server, self.headers["Range"]
        server.asked.append(wanted)
        begin = int(re.findall(r"\d+", wanted)[0]) if wanted and server.ranges else 0
        if server.status != 200:
            self.send_response(server.status)
        elif server.ranges and begin >= len(CONTENT):
            self.send_response(416)
        else:
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(CONTENT) - begin))
        if server.location:
            self.send_header("Location", server.location)
        self.end_headers()
        if server.status == 200:
            self.wfile.write(CONTENT[begin : server.sends])

    def log_message(self, *words):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(fetching, "_TRANSPORTS", (HTTPHandler,))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "downloads/file.pth"


def draft_of(path, content=b""):
    draft = path.with_name(path.name + ".part")
    if content:
        draft.parent.mkdir(parents=True)
        draft.write_bytes(content)
    return draft


def get(server, path, digest=DIGEST):
    told = []
    fetch_file(server.address, path, digest, lambda *moment: told.append(moment))
    return told


def refusal(server, path):
    """What is said, in one line, of a download that leaves no file."""
    with pytest.raises(VidstyleError) as caught:
        get(server, path)
    assert "\n" not in str(caught.value)
    assert not path.exists()
    return str(caught.value)


def test_a_file_comes_whole_and_says_how_far_it_is(server, path):
    told = get(server, path)
    assert path.read_bytes() == CONTENT
    assert told[-1] == (path, len(CONTENT), len(CONTENT)) and len(told) > 2
    assert not draft_of(path).exists()


def test_a_file_that_is_there_is_not_downloaded_again(server, path):
    get(server, path)
    assert get(server, path) == []
    assert len(server.asked) == 1


def test_how_a_checksum_begins_is_enough(server, path):
    get(server, path, DIGEST[:8])
    assert get(server, path, DIGEST[:8]) == []
    path.unlink()
    with pytest.raises(VidstyleError, match="is not the published file"):
        get(server, path, "01064c6d")


def test_a_file_that_was_damaged_since_is_downloaded_again(server, path):
    get(server, path)
    path.write_bytes(CONTENT[:-1])
    get(server, path)
    assert path.read_bytes() == CONTENT


def test_a_download_that_broke_off_is_gone_on_with(server, path):
    server.sends = BEGUN
    said = f"broke off after {BEGUN} of {len(CONTENT)} bytes.*same command again"
    assert re.search(said, refusal(server, path))
    server.sends = len(CONTENT)
    told = get(server, path)
    assert server.asked == [None, f"bytes={BEGUN}-"]
    assert path.read_bytes() == CONTENT
    assert told[0][1] > BEGUN and told[-1][1:] == (len(CONTENT), len(CONTENT))


def test_a_server_that_sends_no_parts_sends_all(server, path):
    server.ranges = False
    draft_of(path, CONTENT[:BEGUN])
    assert get(server, path)[-1][1:] == (len(CONTENT), len(CONTENT))
    assert path.read_bytes() == CONTENT


def test_a_download_that_only_missed_its_last_move_is_kept(server, path):
    draft_of(path, CONTENT)
    assert get(server, path) == []
    assert path.read_bytes() == CONTENT


def test_what_is_not_the_published_file_is_deleted(server, path):
    draft = draft_of(path, b"something else")
    assert re.search(f"not the published file.*not {DIGEST[:12]}", refusal(server, path))
    assert not draft.exists()
    get(server, path)
    assert path.read_bytes() == CONTENT


def test_without_a_checksum_nothing_that_is_there_is_trusted(server, path):
    draft_of(path, b"something else")
    for _ in range(2):
        get(server, path, digest=None)
        assert path.read_bytes() == CONTENT
    assert server.asked == [None, None]


@pytest.mark.parametrize(
    ("status", "said"), [(404, "404 Not Found. The file is gone"), (503, "503.*Try again later")]
)
def test_what_the_server_refuses_is_said(server, path, status, said):
    server.status = status
    assert re.search(said, refusal(server, path))


def test_without_a_connection_one_line_says_so(server, path):
    server.shutdown()
    server.server_close()
    said = r"no connection to 127.0.0.1:\d+: Connection refused.*weights import"
    assert re.search(said, refusal(server, path))


def test_only_https_is_spoken(server, path, monkeypatch):
    monkeypatch.undo()
    assert re.search("unknown url type: http", refusal(server, path))
    assert server.asked == []


@pytest.mark.parametrize("place", ["https://127.0.0.1/file.pth", "file:///etc/hostname"])
def test_a_redirection_leads_to_no_other_transport(server, path, place):
    server.status, server.location = 302, place
    assert re.search("unknown url type: https|not allowed", refusal(server, path))


def test_a_redirection_is_followed_with_its_range(server, path):
    draft_of(path, CONTENT[:BEGUN])
    with Server() as front:
        front.status, front.location = 302, server.address
        threading.Thread(target=front.handle_request).start()
        get(front, path)
    assert path.read_bytes() == CONTENT
    assert server.asked == [f"bytes={BEGUN}-"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_said(server, path):
    path.parent.mkdir()
    draft_of(path).symlink_to("/dev/full")
    assert re.search("file.pth.*No space left on device.*VIDSTYLE_CACHE", refusal(server, path))


def test_a_folder_that_cannot_be_is_said(server, path):
    path.parent.write_text("a file")
    assert re.search("cannot be written", refusal(server, path))


def test_a_network_without_plain_downloads_says_how_to_get_it():
    said = "no plain download of 'stytr2'.*Google Drive.*vidstyle weights import stytr2 --trans"
    with pytest.raises(UsageError, match=said):
        fetch("stytr2", lambda *_: None)


ROWS = {name: row for name, row in published_checkpoints().items() if "urls" in row}


@pytest.mark.parametrize("name", ROWS)
def test_addresses_are_pinned(name):
    row = ROWS[name]
    assert list(row["urls"]) == list(row["files"])
    for part, address in row["urls"].items():
        assert re.match(r"https://.*(/[0-9a-f]{40}/|/releases/download/v)", address)
        assert address.endswith(f"/{row['files'][part]}")


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if "sha256" in row])
def test_checksums_are_whole_and_all_different(name):
    digests = ROWS[name]["sha256"]
    assert list(digests) == list(ROWS[name]["files"])
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests.values())
    assert len(set(digests.values())) == len(digests)


@pytest.mark.parametrize("name", [name for name in published_checkpoints() if name not in ROWS])
def test_without_an_address_a_place_is_named(name):
    assert published_checkpoints()[name]["where"]


@pytest.mark.parametrize("row", published_flows().values(), ids=published_flows())
def test_files_of_flow_are_pinned_by_a_checksum_in_their_name(row):
    (file,), (address,), (digest,) = (row[key].values() for key in ("files", "urls", "sha256"))
    assert address == f"https://download.pytorch.org/models/{file}"
    assert re.fullmatch(rf"raft_\w+-{digest}\.pth", file) and len(digest) == 8
