"""What /openapi.json describes is what the server answers."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from tfapp.serving.rest.openapi import description

PATHS = description()["paths"]
OPERATIONS = sorted((path, method) for path, found in PATHS.items() for method in found)
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
EXAMPLES, NIGHTLY_EXAMPLES = 2, 30


def test_the_description_names_every_protocol():
    """Three ways to name a model, two protocols, health and metrics."""
    assert "/v1/models/{name}/labels/{label}:predict" in PATHS
    assert "/v2/models/{name}/versions/{version}/infer" in PATHS
    assert {"/healthz", "/monitoring/prometheus/metrics"} <= set(PATHS)


@pytest.fixture(scope="module")
def schema(client):
    """The description, as the server gives it."""
    address = f"http://127.0.0.1:{client.rest_port}/openapi.json"
    return schemathesis.openapi.from_url(address)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_are_as_described(schema, path, method):
    """Any request of the described form gets a described answer, none a 5xx."""
    check_answers(schema, path, method, EXAMPLES)


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_many_answers_are_as_described(schema, path, method):
    """The same for many requests of every operation."""
    check_answers(schema, path, method, NIGHTLY_EXAMPLES)


def check_answers(schema, path, method, examples):
    """Send made-up requests of one operation and validate the answers."""
    checks = [schemathesis.checks.CHECKS.get_one(name) for name in CHECKS]

    @given(case=schema[path][method.upper()].as_strategy())
    @settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck)
    )
    def check(case):
        case.call_and_validate(checks=checks)

    check()
