"""vidstyle weights and vidstyle info: what there is, and the authors' files on their way in."""

import contextlib
import hashlib
import json
import os
import pickle
import signal
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import patch
from urllib.request import HTTPHandler

import pytest
import torch
from fakes import typed
from models import random_network
from safetensors.torch import load_file, save_file

from vidstyle import fetching
from vidstyle.errors import VidstyleError
from vidstyle.networks import NETWORKS, importing
from vidstyle.networks.stylebank import StyleBank
from vidstyle.weights import BUNDLED, find_model, part_option, published_checkpoints

PUBLISHED = published_checkpoints()


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("VIDSTYLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("VIDSTYLE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def adain(tmp_path_factory):
    """The files of AdaIN, with random weights."""
    return write_parts(random_network("adain"), tmp_path_factory.mktemp("adain"))


def write_parts(network, folder, suffix=".pth"):
    """The files of `network` as its authors publish them, by part."""
    state, parts = network.state_dict(), {}
    for part, keys in network.official_keys().items():
        path = parts[part.replace("_", "-")] = folder / f"{part}{suffix}"
        tensors = {theirs: state[ours].clone() for theirs, ours in keys.items()}
        (torch.save if suffix == ".pth" else save_file)(tensors, path)
    return parts


def words(name, parts):
    """What imports them."""
    options = [(part_option(name, part), str(path)) for part, path in parts.items()]
    return "import", name, *(word for option in options for word in option)


@pytest.fixture
def without_graphs():
    """Nothing is exported: tests/test_every_network.py looks at that."""
    with patch.object(importing, "write_graphs"):
        yield


def read_json(capfd, *command):
    assert typed(*command, "--json") == 0
    return json.loads(capfd.readouterr().out)


def check_refused(capfd, code, said, *command):
    capfd.readouterr()
    assert typed("weights", *command) == code
    out, err = capfd.readouterr()
    assert said in err and err.count("\n") == 1 and not out


# What there is


def test_what_is_here_is_listed_with_its_whole_checksum(capfd):
    row = read_json(capfd, "weights", "list")["swift"]
    content = Path(row["path"]).read_bytes()
    assert (row["size"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert row["license"] == "MIT" and "MicroAST" in row["source"]


def test_what_is_not_here_is_listed_with_its_source_and_the_command_that_gets_it(capfd):
    rows = read_json(capfd, "weights", "list")
    assert rows["msgnet"]["command"] == "vidstyle weights fetch msgnet"
    assert rows["stytr2"]["command"] == "vidstyle weights import stytr2 --help"
    assert rows["capvstnet-art"]["network"] == "capvstnet"
    for name in PUBLISHED:
        assert rows[name]["source"] and rows[name]["license"]
        assert bool(rows[name]["path"]) != bool(rows[name]["command"])
        if rows[name]["command"]:
            assert rows[name]["source"].startswith("https://")


@pytest.mark.parametrize("command", [("weights", "list"), ("info", "--networks")])
def test_tables_are_aligned_and_have_a_line_for_each_name(capfd, command):
    rows = read_json(capfd, *command)
    assert typed(*command) == 0
    head, *lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(rows)
    second = head.index(head.split()[1])
    assert all(line[second - 1] == " " and line[second] != " " for line in lines)


def test_an_imported_model_stands_before_the_bundled_one_of_its_name(capfd, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "swift.safetensors").write_bytes(find_model("microast").path.read_bytes())
    row = read_json(capfd, "weights", "list")["swift"]
    assert (row["path"], row["network"]) == (str(folder / "swift.safetensors"), "microast")


def test_networks_are_listed_with_idea_paper_and_what_they_can_do(capfd):
    rows = read_json(capfd, "info", "--networks")
    assert set(rows) >= {*PUBLISHED, "swift", "swift-lite"}
    assert all(row["idea"] and row["source"] for row in rows.values())
    assert all(rows[name]["paper"] and rows[name]["venue"] for name in PUBLISHED)
    assert rows["adain"]["own_strength"] and not rows["swift"]["own_strength"]
    assert rows["adain"]["any_style"] and not rows["stylebank"]["any_style"]
    assert rows["swift"]["here"] and not rows["msgnet"]["here"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("msgnet", "vidstyle weights fetch msgnet"),
        ("stytr2", "Google Drive.*vidstyle weights import stytr2 --transformer transformer_iter"),
        ("stylebank", "weights import stylebank .*--bank bank_0.pth --bank bank_1.pth"),
    ],
)
def test_weights_that_are_not_here_are_said_to_be_had(name, said):
    with pytest.raises(VidstyleError, match=f"not here.*{said}"):
        find_model(name)


# Files by hand


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_network_can_be_imported_by_its_name(name, tmp_path, without_graphs):
    row = PUBLISHED[name]
    network = NETWORKS[row.get("network", name)](**row.get("config", {}))
    assert typed("weights", *words(name, write_parts(network, tmp_path))) == 0
    assert find_model(name).header.source == row["address"]


def test_stylebank_takes_any_number_of_banks_in_their_order(tmp_path, capfd):
    torch.manual_seed(0)
    network = StyleBank(styles=3)
    encoder, decoder, *banks = write_parts(network, tmp_path).values()
    parts = {"encoder": encoder, "decoder": decoder}
    given = {f"bank-{place}": bank for place, bank in enumerate(reversed(banks))}
    assert typed("weights", *words("stylebank", parts | given)) == 0
    model = find_model("stylebank")
    assert (model.header.styles, model.header.config) == (("0", "1", "2"), {"styles": 3})
    first = load_file(model.path)["banks.0.0.weight"]
    assert torch.equal(first, network.banks[2][0].weight)
    check_refused(capfd, 2, "--bank", *words("stylebank", parts))


def test_parts_may_be_safetensors(tmp_path, without_graphs):
    network = random_network("msgnet")
    parts = write_parts(network, tmp_path, ".safetensors")
    assert typed("weights", *words("msgnet", parts), "--folder", str(tmp_path)) == 0
    stored = load_file(tmp_path / "msgnet.safetensors")
    assert torch.equal(stored["comatch.weight"], network.comatch.weight)


class Malicious:
    """Makes the file that it is given where a pickle brings it to life."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


def plain_pickle(thing, path):
    path.write_bytes(pickle.dumps(thing))


def old_checkpoint(thing, path):
    torch.save(thing, path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize("write", [torch.save, old_checkpoint, plain_pickle])
@pytest.mark.parametrize("name", ["bad.pth", "bad.safetensors"])
def test_nothing_in_a_file_is_run(adain, tmp_path, capfd, write, name):
    bad, trace = tmp_path / name, tmp_path / "trace"
    write({"0.weight": Malicious(trace)}, bad)
    check_refused(capfd, 3, f"/{name}' ", *words("adain", adain | {"vgg": bad}))
    assert not trace.exists()
    assert find_model("adain").path.parent == BUNDLED


def test_the_malicious_file_would_have_run(tmp_path):
    pickle.loads(pickle.dumps(Malicious(tmp_path / "trace")))
    assert (tmp_path / "trace").exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_refused(tmp_path, capfd, suffix, share):
    parts = write_parts(random_network("msgnet"), tmp_path, suffix)
    content = parts["model"].read_bytes()
    parts["model"].write_bytes(content[: int(share * len(content))])
    check_refused(capfd, 3, f"model{suffix}", *words("msgnet", parts))


def test_the_file_of_another_network_is_refused(adain, tmp_path, capfd):
    foreign = write_parts(random_network("msgnet"), tmp_path)["model"]
    command = words("adain", adain | {"vgg": foreign})
    check_refused(capfd, 3, "is it the file for --vgg?", *command)


def test_a_file_that_is_missing_is_said(adain, capfd):
    check_refused(capfd, 2, "Missing --decoder", *words("adain", {"vgg": adain["vgg"]}))
    command = words("adain", adain | {"decoder": "x.pth"})
    check_refused(capfd, 3, "no file 'x.pth'", *command)


@pytest.mark.parametrize("command", ["import", "fetch"])
def test_a_name_that_is_none_is_guessed(capfd, command):
    check_refused(capfd, 2, "Did you mean 'adain'?", command, "adian")
    check_refused(capfd, 2, "vidstyle train --help", command, "swift-lite")


# Files by download


class Answer(SimpleHTTPRequestHandler):
    draft = None  # once something lies there, the Ctrl-C of an impatient user comes

    def copyfile(self, source, sink):
        if Answer.draft is None:
            return super().copyfile(source, sink)
        sink.write(source.read(1_000_000))
        while not (Answer.draft.exists() and Answer.draft.stat().st_size):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        with contextlib.suppress(ConnectionError):
            self.rfile.read()  # until the other side has gone

    def log_message(self, *words):
        pass


@pytest.fixture
def published_here(monkeypatch, tmp_path, without_graphs):
    """MSG-Net as its authors publish it, with random weights, on a server of this machine."""
    monkeypatch.setattr(fetching, "_TRANSPORTS", (HTTPHandler,))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = tmp_path / "server"
    folder.mkdir()
    path = write_parts(random_network("msgnet"), folder)["model"]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()

    def handler(*arguments):
        return Answer(*arguments, directory=folder)

    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        address = f"http://127.0.0.1:{server.server_port}/model.pth"
        monkeypatch.setitem(PUBLISHED["msgnet"], "urls", {"model": address})
        monkeypatch.setitem(PUBLISHED["msgnet"], "sha256", {"model": digest})
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def test_a_network_is_downloaded_checked_and_imported(published_here, tmp_path, capfd):
    assert typed("weights", "fetch", "msgnet") == 0
    model = find_model("msgnet")
    assert capfd.readouterr().out == f"{model.path}: ready for --network msgnet\n"
    assert model.path.parent == tmp_path / "data"
    kept = tmp_path / "cache/downloads/msgnet/21styles.model"
    assert kept.read_bytes() == published_here.read_bytes()


def test_a_download_goes_to_the_folder_that_is_named(published_here, tmp_path, capfd):
    options = ("--folder", str(tmp_path / "other"), "--quiet")
    assert typed("weights", "fetch", "msgnet", *options) == 0
    assert (tmp_path / "other/msgnet.safetensors").exists()
    assert capfd.readouterr() == ("", "")


def test_an_interrupted_download_keeps_what_it_has(published_here, tmp_path, capfd, monkeypatch):
    draft = tmp_path / "cache/downloads/msgnet/21styles.model.part"
    monkeypatch.setattr(Answer, "draft", draft)
    check_refused(capfd, 130, "try the same command again", "fetch", "msgnet")
    assert published_here.read_bytes().startswith(draft.read_bytes())


def test_another_file_than_the_published_one_is_not_imported(published_here, capfd):
    published_here.write_bytes(b"another")
    check_refused(capfd, 1, "not the published file", "fetch", "msgnet")
    with pytest.raises(VidstyleError, match="not here"):
        find_model("msgnet")


def test_a_network_without_plain_downloads_is_refused(capfd):
    check_refused(
        capfd, 2, "Google Drive), then: vidstyle weights import", "fetch", "capvstnet-art"
    )
