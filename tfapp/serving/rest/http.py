"""HTTP/1.1 as uvicorn reads it, kinder to two kinds of clients.

Java's HTTP client and `curl --http2` offer an upgrade to HTTP/2 with every request. A
server may ignore an offer (RFC 9110, 7.8), and the request with its body stands. The
parser takes what follows the head for another protocol instead; here it goes on with a
second parser, to which the head is given again without the offer.

Other clients close their sending side as soon as the request is out (RFC 9112, 9.6).
They are answered; a client that left altogether cannot be told from them.
"""

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

FRAMING = (b"content-length", b"transfer-encoding")
"""Headers that decide where a body ends."""


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which ignores offers to upgrade and answers half-closers."""

    _repeated = False  # the parser reads a head that is known already

    def data_received(self, data: bytes) -> None:
        """Take bytes; those behind an ignored offer are the request's body."""
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as offer:
                data = data[offer.args[0] :]
                self._ignore_offer()
            except httptools.HttpParserError:
                self.send_400_response("Invalid HTTP request received.")
                return

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection until a request that is complete has its answer."""
        cycle = self.cycle
        if cycle is None or cycle.more_body or cycle.response_complete:
            return False
        cycle.keep_alive = False
        return self.scheme == "http"  # TLS has no half-closed connections

    def on_message_begin(self) -> None:
        """Begin a request."""
        if not self._repeated:
            super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request's target."""
        if not self._repeated:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        if not self._repeated:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start to answer."""
        if not self._repeated:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the body, unless it only follows now."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _ignore_offer(self) -> None:
        framing = [(n, v) for n, v in self.headers if n in FRAMING]
        if not self.cycle.keep_alive:
            framing.append((b"connection", b"close"))
        lines = b"".join(b"%s: %s\r\n" % header for header in framing)
        version = self.scope["http_version"].encode()
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._repeated = True
        self.parser.feed_data(b"POST / HTTP/%s\r\n%s\r\n" % (version, lines))
        self._repeated = False
