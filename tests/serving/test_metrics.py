"""Metrics, read back by Prometheus' own client; and the log."""

import io
import json
import re
import time

from prometheus_client.parser import text_string_to_metric_families

from tfapp.serving.exchange import Exchange, RequestLog
from tfapp.serving.metrics import Metrics
from tfapp.serving.status import Status


def exchange(**changes):
    """Return an exchange that took a millisecond."""
    found = Exchange("REST", "Predict", **{"model": "cats", "rows": 3, **changes})
    found.started = time.monotonic() - 0.001
    found.runtime_seconds = 0.0005
    return found


def parsed(text):
    """Return {(name, labels): value} as Prometheus reads it."""
    plain = re.sub(r"(^|\s):", r"\1", text)  # its Python client takes no leading colon
    plain = plain.replace(":", "_")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(plain)
        for sample in family.samples
    }


def test_names_and_values():
    """TensorFlow Serving's names; REST latency of successes alone."""
    metrics = Metrics()
    metrics.finished(exchange())
    metrics.finished(exchange(status=Status.INVALID_ARGUMENT))
    metrics.finished(exchange(model=""))
    metrics.called("cats", 3, 0.0004)
    text = metrics.text({"cats": 5})
    lines = text.splitlines()
    count = ":tensorflow:serving:request_count"
    assert f'{count}{{model_name="cats",status="OK"}} 1' in lines
    assert f'{count}{{model_name="cats",status="INVALID_ARGUMENT"}} 1' in lines
    assert ':tensorflow:serving:request_example_count_total{model="cats"} 3' in lines
    assert ':tfapp:queue_depth{model_name="cats"} 5' in lines
    assert ':tfapp:batch_size_bucket{model_name="cats",le="4"} 1' in lines
    found = parsed(text)
    key = (("API", "Predict"), ("entrypoint", "REST"), ("model_name", "cats"))
    assert found["tensorflow_serving_request_latency_count", key] == 1
    assert 1000 <= found["tensorflow_serving_request_latency_sum", key] < 1e6
    buckets = [v for (n, _), v in found.items() if n.endswith("request_latency_bucket")]
    assert len(buckets) == 34
    assert buckets == sorted(buckets)
    assert "# TYPE :tensorflow:serving:runtime_latency histogram" in lines


def test_names_of_models_are_escaped():
    """A quote in a name is no way out of the label."""
    metrics = Metrics()
    metrics.finished(exchange(model='a"b\\c'))
    assert 'model_name="a\\"b\\\\c"' in metrics.text({})


def written(mode, *exchanges):
    """Return the lines of a log."""
    stream = io.StringIO()
    log = RequestLog(mode, stream)
    for item in exchanges:
        log.write(item)
    log.close()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_log_is_json_and_holds_what_is_asked_for():
    """All, errors or nothing."""
    bad = exchange(status=Status.NOT_FOUND, error="no \n such")
    assert [line["status"] for line in written("all", exchange(), bad)] == [
        "OK",
        "NOT_FOUND",
    ]
    (line,) = written("errors", exchange(), bad)
    assert line["error"] == "no \n such"
    assert (line["model"], line["rows"], line["entrypoint"]) == ("cats", 3, "REST")
    assert line["ms"] >= 1
    assert written("off", bad) == []
