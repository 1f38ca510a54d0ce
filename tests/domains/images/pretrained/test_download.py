"""Downloads against a server on this machine, and without a network."""

import hashlib
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from urllib.error import URLError

import pytest

from tfapp.base.errors import TfappError, WeightsError
from tfapp.domains.images.pretrained.download import download
from tfapp.domains.images.pretrained.extractors import EXTRACTORS, Extractor

CONTENT = b"weights" * 1000
HELD = Event()


class Handler(BaseHTTPRequestHandler):
    """Answers /good with the content, /short with half of it, /silent never."""

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path == "/silent":
            HELD.wait(5)
            return
        if self.path not in ("/good", "/short"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        half = len(CONTENT) // 2
        self.wfile.write(CONTENT if self.path == "/good" else CONTENT[:half])

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """Address of a server on the loopback interface."""
    HELD.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        HELD.set()
        running.shutdown()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keras' folder of downloaded weights, not made yet."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "keras" / "models"


def extractor_at(address: str, *, digest: str = "") -> Extractor:
    """Return vgg16 with another address, and the hash of the content."""
    digest = digest or hashlib.md5(CONTENT).hexdigest()
    return replace(EXTRACTORS["vgg16"], address=address, hash=digest)


def test_fetches_a_file(server: str, cache: Path) -> None:
    """The file lands in Keras' folder under Keras' name, and progress is told."""
    told: list[tuple[int, int]] = []
    file = download(
        extractor_at(f"{server}/good"), progress=lambda *counts: told.append(counts)
    )
    assert file.path == cache / EXTRACTORS["vgg16"].file
    assert file.path.read_bytes() == CONTENT
    assert file.source == "download"
    assert told[-1] == (7000, 7000)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("absent", "HTTP Error 404: Not Found"),
        ("short", "the connection broke after 3500 of 7000 bytes"),
        ("silent", "no answer within 0.3 s"),
    ],
)
def test_says_all_that_is_needed_to_fetch_by_hand(
    server: str, cache: Path, page: str, reason: str
) -> None:
    """One line names reason, address, file, hash, folder and TFAPP_WEIGHTS."""
    extractor = extractor_at(f"{server}/{page}")
    start = time.monotonic()
    with pytest.raises(WeightsError) as caught:
        download(extractor, timeout_seconds=0.3)
    assert time.monotonic() - start < 3
    message = str(caught.value)
    parts = [reason, extractor.address, extractor.file, f"md5 {extractor.hash}"]
    for part in [*parts, str(cache), "TFAPP_WEIGHTS", "'vgg16'"]:
        assert part in message
    assert "\n" not in message
    assert list(cache.iterdir()) == []


def test_keeps_no_file_with_a_wrong_hash(server: str, cache: Path) -> None:
    """A file that is not the published one is thrown away, and both hashes named."""
    wrong = "0" * 64
    with pytest.raises(WeightsError) as caught:
        download(extractor_at(f"{server}/good", digest=wrong))
    found = hashlib.sha256(CONTENT).hexdigest()
    assert f"expected sha256 {wrong}, found {found}" in str(caught.value)
    assert list(cache.iterdir()) == []


def test_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that cannot be looked up fails at once with the system's words."""

    def refuse(*_: object, **__: object) -> None:
        raise URLError(OSError("Name or service not known"))

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(WeightsError, match="failed: Name or service not known. Fetch"):
        download(EXTRACTORS["mobilenet"])


def test_a_folder_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A KERAS_HOME below a file is reported, not a traceback."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    with pytest.raises(TfappError, match="a part of the path is a file"):
        download(EXTRACTORS["vgg16"])
