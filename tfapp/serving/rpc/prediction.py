"""tensorflow.serving.PredictionService."""

from collections.abc import Callable, Sequence
from typing import Any

from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    inference_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from tfapp.serving.engine import Engine
from tfapp.serving.examples import classifications, read_examples, regressions
from tfapp.serving.exchange import Exchange
from tfapp.serving.request import Answer, Request
from tfapp.serving.rest.metadata import signature_map
from tfapp.serving.rpc.calls import (
    answered,
    fill_spec,
    seconds_left,
    signature_of,
    spec_of,
)
from tfapp.serving.rpc.tensors import read_tensor, unpacked_bytes, write_tensor
from tfapp.serving.signature import (
    CLASSIFY,
    REGRESS,
    Arrays,
    Signature,
    require_names,
)
from tfapp.serving.status import RequestError, Status, invalid

METADATA_FIELD = "signature_def"


def register(server: Any, engine: Engine) -> None:
    """Add the service to a server."""
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Prediction(engine), server
    )


class Prediction(prediction_service_pb2_grpc.PredictionServiceServicer):  # type: ignore[misc]
    """The five methods of the service.

    Args:
        engine: answers the requests.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Predict(self, message: Any, context: Any) -> Any:
        """Tensors in, tensors out."""

        async def work(exchange: Exchange) -> Any:
            most = self._engine.settings.limits.max_request_bytes
            self._engine.hold(exchange, more_when_unpacked(message))

            def read(signature: Signature) -> Arrays:
                require_names(signature, message.inputs)
                specs = signature.inputs
                inputs = message.inputs.items()
                return {n: read_tensor(n, t, specs[n], most) for n, t in inputs}

            request = Request(
                spec_of(message.model_spec),
                read,
                signature_of(message.model_spec),
                tuple(message.output_filter),
                seconds_left(context),
                message.ByteSize(),
            )
            answer = await self._engine.answer(request, exchange)
            reply = predict_pb2.PredictResponse()
            fill_spec(reply.model_spec, answer.spec, request.signature)
            for name, array in answer.outputs.items():
                reply.outputs[name].CopyFrom(write_tensor(array))
            return reply

        return await answered(self._engine, context, "Predict", message, work)

    async def Classify(self, message: Any, context: Any) -> Any:
        """Examples in, labels with scores out."""
        make_reply = classification_pb2.ClassificationResponse
        return await self._infer(message, context, CLASSIFY, make_reply)

    async def Regress(self, message: Any, context: Any) -> Any:
        """Examples in, values out."""
        make_reply = regression_pb2.RegressionResponse
        return await self._infer(message, context, REGRESS, make_reply)

    async def MultiInference(self, message: Any, context: Any) -> Any:
        """The same examples to several signatures of one model."""

        async def work(exchange: Exchange) -> Any:
            check_tasks(message.tasks)
            reply = inference_pb2.MultiInferenceResponse()
            for task in message.tasks:
                answer = await self._ask(
                    task.model_spec, message.input, task.method_name, context, exchange
                )
                result = reply.results.add()
                fill_spec(result.model_spec, answer.spec, answer.signature.name)
                if task.method_name == CLASSIFY:
                    fill_classes(result.classification_result, answer)
                else:
                    fill_values(result.regression_result, answer)
            return reply

        return await answered(self._engine, context, "MultiInference", message, work)

    async def GetModelMetadata(self, message: Any, context: Any) -> Any:
        """The signatures of a version."""

        async def work(_: Exchange) -> Any:
            spec = spec_of(message.model_spec)
            if not message.metadata_field:
                raise invalid("GetModelMetadataRequest must specify at least one field")
            for field in message.metadata_field:
                if field != METADATA_FIELD:
                    raise invalid(f"Metadata field {field} is not supported")
            reply = get_model_metadata_pb2.GetModelMetadataResponse()
            with self._engine.manager.lease(spec) as servable:
                reply.model_spec.name = servable.name
                reply.model_spec.version.value = servable.version
                reply.metadata[METADATA_FIELD].Pack(signature_map(servable))
            return reply

        return await answered(self._engine, context, "GetModelMetadata", message, work)

    async def _infer(
        self, message: Any, context: Any, method: str, make_reply: Callable[[], Any]
    ) -> Any:
        """Answer a request for one signature by a method; see `METHODS`."""
        name, fill = METHODS[method]

        async def work(exchange: Exchange) -> Any:
            answer = await self._ask(
                message.model_spec, message.input, method, context, exchange
            )
            reply = make_reply()
            fill_spec(reply.model_spec, answer.spec, answer.signature.name)
            fill(reply.result, answer)
            return reply

        return await answered(self._engine, context, name, message, work)

    async def _ask(
        self, spec: Any, inputs: Any, method: str, context: Any, exchange: Exchange
    ) -> Answer:
        """Answer examples; `inputs` is a tensorflow.serving.Input message."""
        kind = inputs.WhichOneof("kind")
        if kind is None:
            raise invalid("Input is empty.")
        examples = getattr(inputs, kind).examples
        shared = inputs.example_list_with_context.context
        read = read_examples(examples, shared if "context" in kind else None, method)
        request = Request(
            spec_of(spec),
            read,
            signature_of(spec),
            seconds=seconds_left(context),
            size=inputs.ByteSize(),
        )
        return await self._engine.answer(request, exchange)


def more_when_unpacked(message: Any) -> int:
    """Return by how many bytes the arrays of a PredictRequest exceed the message."""
    size = sum(unpacked_bytes(tensor) for tensor in message.inputs.values())
    return max(0, size - int(message.ByteSize()))


def check_tasks(tasks: Sequence[Any]) -> None:
    """Refuse what MultiInference does not take.

    Raises:
        RequestError: INVALID_ARGUMENT, or UNIMPLEMENTED for another method.
    """
    if not tasks:
        raise invalid("Inference request must have at least one task.")
    if len({task.model_spec.name for task in tasks}) > 1:
        raise invalid("All ModelSpecs in a MultiInferenceRequest must name one model.")
    names = [signature_of(task.model_spec) for task in tasks]
    if len(set(names)) < len(names):
        raise invalid("Duplicate evaluation of signature: " + ",".join(names))
    for task in tasks:
        if task.method_name not in METHODS:
            raise RequestError(
                Status.UNIMPLEMENTED,
                f"Unsupported signature method: {task.method_name}",
            )


def fill_classes(result: Any, answer: Answer) -> None:
    """Write labels and scores into a ClassificationResult."""
    for row in classifications(answer):
        entry = result.classifications.add()
        for label, score in row:
            entry.classes.add(label=label, score=score)


def fill_values(result: Any, answer: Answer) -> None:
    """Write values into a RegressionResult."""
    for value in regressions(answer):
        result.regressions.add(value=float(value))


METHODS = {CLASSIFY: ("Classify", fill_classes), REGRESS: ("Regress", fill_values)}
"""What each method of an inference is called, and what writes its results."""
