"""The token of gRPC calls, in the metadata `authorization: Bearer …`."""

from typing import Any

import grpc

from tfapp.serving.rest.guard import bears

OPEN_SERVICE = "/grpc.health.v1.Health/"


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses calls that do not bear the token; health is open, for probes.

    Args:
        token: that calls must bear.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()

        async def refuse(_: Any, context: Any) -> None:
            code = grpc.StatusCode.UNAUTHENTICATED
            await context.abort(code, "A valid token is required.")

        self._refusal = grpc.unary_unary_rpc_method_handler(refuse)

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Return the handler of a call, or one that refuses it."""
        authorization = dict(details.invocation_metadata or ()).get("authorization", "")
        if isinstance(authorization, str):
            authorization = authorization.encode()
        if details.method.startswith(OPEN_SERVICE) or bears(authorization, self._token):
            return await continuation(details)
        return self._refusal
