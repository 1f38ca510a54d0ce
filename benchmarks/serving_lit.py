"""The LitServe service of benchmarks/serving_peers.py; workers import it by name."""

import base64

import litserve
from serving_peers import signature


class Api(litserve.LitAPI):
    """One SavedModel; a request holds one image.

    Args:
        folder: of the SavedModel.
    """

    def __init__(self, folder, **options):
        super().__init__(**options)
        self.folder = folder

    def setup(self, device):
        """Load the model in the worker."""
        self.call = signature(self.folder)

    def decode_request(self, request):
        """Return the encoded image of a request."""
        return base64.b64decode(request["instances"][0]["b64"])

    def batch(self, inputs):
        """Return the images of a batch."""
        return list(inputs)

    def predict(self, images):
        """Answer a batch."""
        outputs = self.call(images)
        labels, rows = outputs["label"].numpy(), outputs["probabilities"].numpy()
        return list(zip(labels, rows, strict=True))

    def unbatch(self, output):
        """Return the answers one by one."""
        return output

    def encode_response(self, output):
        """Return one answer as JSON."""
        label, row = output
        return {"predictions": [{"label": label.decode(), "p": row.tolist()}]}


def serve(folder, port):
    """Serve until told to stop."""
    api = Api(folder, max_batch_size=32, batch_timeout=0.002)
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(port=port, host="127.0.0.1", generate_client_file=False)
