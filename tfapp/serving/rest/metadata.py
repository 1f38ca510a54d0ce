"""What versions there are and what they take, as TensorFlow Serving's JSON."""

from typing import Any

from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2

from tfapp.serving.models.servable import Servable
from tfapp.serving.status import Status


def status_entry(servable: Servable) -> dict[str, Any]:
    """Return one element of `model_version_status`."""
    error = servable.error
    return {
        "version": str(servable.version),
        "state": servable.state.name,
        "status": {
            "error_code": error.status.name if error else Status.OK.name,
            "error_message": str(error) if error else "",
        },
    }


def signature_map(servable: Servable) -> Any:
    """Return the SignatureDefMap message of a version."""
    message = get_model_metadata_pb2.SignatureDefMap()
    for name, signature in servable.saved_model.signatures.items():
        message.signature_def[name].CopyFrom(signature.proto)
    return message


def metadata(servable: Servable) -> dict[str, Any]:
    """Return the reply to `/metadata`; `signature_def` twice is the contract's."""
    return {
        "model_spec": {
            "name": servable.name,
            "signature_name": "",
            "version": str(servable.version),
        },
        "metadata": {
            "signature_def": json_format.MessageToDict(
                signature_map(servable),
                always_print_fields_with_no_presence=True,
                preserving_proto_field_name=True,
            )
        },
    }
