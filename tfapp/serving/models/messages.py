"""TensorFlow's messages, as a client may read them."""

import re
from typing import Any

from tfapp.serving.status import STATUS_OF_CODE, RequestError, Status

NOISE = ("Graph execution error", "Detected at node", "<stack traces", "\t [[")
ABSOLUTE = re.compile(
    r"""(?<=['"])(?:[A-Za-z]:[\\/]|/)[^'"]*[/\\]"""
    r"""|(?<![\w./\\:<])(?:[A-Za-z]:[\\/]|/)(?:[^\s/\\'"]+[/\\])+"""
)
"""The folders of an absolute path; a URL, a fraction or a tag is none."""


def explained(error: Any) -> RequestError:
    """Return a tf.errors.OpError as its status and the one sentence that helps."""
    status = STATUS_OF_CODE.get(error.error_code, Status.UNKNOWN)
    return RequestError(status, sentence(error.message))


def sentence(message: str) -> str:
    """Return the first line of TensorFlow's message that helps a client.

    Of absolute paths only the last name is left: where things lie on the server is
    none of a client's business.
    """
    lines = [line for line in message.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(NOISE)]
    line = re.sub(r"\{\{.*?\}\}\s*", "", lines[0] if lines else "no reason given")
    line = line.removeprefix("assertion failed: [").removesuffix("]").strip()
    return ABSOLUTE.sub("", line)
