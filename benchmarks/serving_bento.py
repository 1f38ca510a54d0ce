"""The BentoML service of benchmarks/serving_peers.py; BentoML imports it by name."""

import base64
import os

import bentoml
from serving_peers import answer_of, signature


@bentoml.service(traffic={"concurrency": 64})
class Service:
    """One SavedModel with BentoML's adaptive batching."""

    def __init__(self):
        self.call = signature(os.environ["PEER_SAVED_MODEL"])

    @bentoml.api(batchable=True, max_batch_size=32, max_latency_ms=30_000)
    def predict(self, instances: list[dict]) -> list[dict]:
        """Answer a batch of {"b64": …}."""
        images = [base64.b64decode(instance["b64"]) for instance in instances]
        return answer_of(self.call(images))["predictions"]
