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
from tfapp.base.files import locked
from tfapp.domains.images.pretrained.download import Patience, download
from tfapp.domains.images.pretrained.extractors import EXTRACTORS, Extractor

CONTENT = b"weights" * 1000
HELD = Event()


STARTS: list[int] = []
"""First byte of every request, in order."""


class Handler(BaseHTTPRequestHandler):
    """Answers by the path.

    /good and /good/FILE with the content, /short with half of it whatever is asked
    for, /dying with half of what is left, /stalling with half and then nothing more,
    /dripping with a byte now and then, /silent never.
    """

    def do_GET(self) -> None:
        """Answer one request."""
        page, start = self.path.split("/")[1], self.first_byte()
        STARTS.append(start)
        if page == "silent":
            HELD.wait(5)
            return
        if page not in ("good", "short", "dying", "stalling", "dripping"):
            self.send_error(404)
            return
        if start >= len(CONTENT):
            self.send_error(416)
            return
        start = 0 if page == "short" else start
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.send(page, CONTENT[start:])

    def first_byte(self) -> int:
        """Return where the requested part begins."""
        return int(self.headers.get("Range", "bytes=0-")[6:-1])

    def send(self, page: str, content: bytes) -> None:
        """Send what the page sends of its content."""
        if page == "dripping":
            while not HELD.wait(0.05):
                self.wfile.write(content[:1])
            return
        if page == "stalling" and len(content) < len(CONTENT):
            content = b""
        whole = page == "good"
        self.wfile.write(content if whole else content[: (len(content) + 1) // 2])
        if page == "stalling":
            HELD.wait(5)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    """Address of a server on the loopback interface."""
    HELD.clear()
    STARTS.clear()
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
    monkeypatch.delenv("TFAPP_DOWNLOADS")
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
        download(extractor, patience=Patience(0.3))
    assert time.monotonic() - start < 3
    message = str(caught.value)
    parts = [reason, extractor.address, extractor.file, f"md5 {extractor.hash}"]
    for part in [*parts, str(cache), "TFAPP_WEIGHTS", "'vgg16'"]:
        assert part in message
    assert "\n" not in message
    parts = [f"{extractor.file}.part"] if page == "short" else []
    assert [path.name for path in cache.iterdir()] == parts
    assert ("3500 bytes are kept; the next try continues there" in message) == bool(
        parts
    )


def test_goes_on_where_a_connection_broke(server: str, cache: Path) -> None:
    """A server that dies again and again is asked for the rest, never for all."""
    file = download(extractor_at(f"{server}/dying"))
    assert file.path.read_bytes() == CONTENT
    assert STARTS[:3] == [0, 3500, 5250]
    assert [path.name for path in cache.iterdir()] == [EXTRACTORS["vgg16"].file]


def test_goes_on_where_an_earlier_process_was_killed(server: str, cache: Path) -> None:
    """What lies in FILE.part is not fetched again; a part that is too long is."""
    part = cache / f"{EXTRACTORS['vgg16'].file}.part"
    for content, starts in ((CONTENT[:6000], [6000]), (CONTENT + b"?", [7001, 0])):
        STARTS.clear()
        cache.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        file = download(extractor_at(f"{server}/good"))
        assert file.path.read_bytes() == CONTENT
        assert starts == STARTS
        file.path.unlink()


@pytest.mark.parametrize(
    ("page", "patience", "reason"),
    [
        ("stalling", Patience(0.2), "silence for 0.2 s after"),
        ("dripping", Patience(5, 0.3), "of 7000 bytes came within 0.3 s"),
    ],
)
def test_a_server_that_hangs_in_the_middle(
    server: str, cache: Path, page: str, patience: Patience, reason: str
) -> None:
    """Silence and trickles end the download; what has arrived is kept."""
    with pytest.raises(WeightsError, match=reason):
        download(extractor_at(f"{server}/{page}"), patience=patience)
    (part,) = cache.iterdir()
    assert CONTENT.startswith(part.read_bytes()[:1])


def test_without_a_hash_parts_are_not_put_together(server: str, cache: Path) -> None:
    """Nothing would show that a part is of the same file, so it is not kept."""
    extractor = replace(EXTRACTORS["vgg16"], address=f"{server}/stalling", hash="")
    with pytest.raises(WeightsError, match="hash not published"):
        download(extractor, patience=Patience(0.2))
    assert list(cache.iterdir()) == []


def test_two_processes_do_not_mix_their_bytes(server: str, cache: Path) -> None:
    """A folder that another process is downloading into is left alone."""
    cache.mkdir(parents=True)
    with locked(cache), pytest.raises(WeightsError, match="another process is"):
        download(extractor_at(f"{server}/good"))
    assert STARTS == []


def test_mirror(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """TFAPP_DOWNLOADS names another place of the files, or forbids all downloads."""
    extractor = extractor_at("http://127.0.0.1:9/nothing")
    monkeypatch.setenv("TFAPP_DOWNLOADS", "off")
    with pytest.raises(WeightsError, match=r"downloads are off.*Fetch http"):
        download(extractor)
    monkeypatch.setenv("TFAPP_DOWNLOADS", f"{server}/good/")
    assert download(extractor).path.read_bytes() == CONTENT


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
