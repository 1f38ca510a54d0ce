"""How a request can end: the canonical codes of gRPC and what HTTP makes of them."""

import enum

from tfapp.base.errors import ServingError

LONGEST_MESSAGE = 1024
"""Characters; TensorFlow Serving cuts there, and clients know the mark."""


class Status(enum.Enum):
    """A canonical code: its number in gRPC and in `status.error_code`, and HTTP's."""

    OK = (0, 200)
    CANCELLED = (1, 499)
    UNKNOWN = (2, 500)
    INVALID_ARGUMENT = (3, 400)
    DEADLINE_EXCEEDED = (4, 504)
    NOT_FOUND = (5, 404)
    ALREADY_EXISTS = (6, 409)
    PERMISSION_DENIED = (7, 403)
    RESOURCE_EXHAUSTED = (8, 429)
    FAILED_PRECONDITION = (9, 400)
    ABORTED = (10, 409)
    OUT_OF_RANGE = (11, 400)
    UNIMPLEMENTED = (12, 501)
    INTERNAL = (13, 500)
    UNAVAILABLE = (14, 503)
    DATA_LOSS = (15, 500)
    UNAUTHENTICATED = (16, 401)

    def __init__(self, code: int, http: int) -> None:
        self.code = code
        self.http = http


STATUS_OF_CODE = {status.code: status for status in Status}


class RequestError(ServingError):
    """A request that ends without an answer.

    Args:
        status: what kind of end.
        message: what was wrong; cut at 1,024 characters.
        http: another HTTP status, where the canonical code is too coarse.
    """

    def __init__(self, status: Status, message: str, http: int = 0) -> None:
        if len(message) > LONGEST_MESSAGE:
            message = f"{message[:LONGEST_MESSAGE]}...TRUNCATED"
        super().__init__(message)
        self.status = status
        self.http = http or status.http


def invalid(message: str) -> RequestError:
    """Return the error of a request that is wrong in itself."""
    return RequestError(Status.INVALID_ARGUMENT, message)


def too_late() -> RequestError:
    """Return the error of a request whose time ran out before it was answered."""
    return RequestError(
        Status.DEADLINE_EXCEEDED, "Deadline exceeded before the request was answered."
    )
