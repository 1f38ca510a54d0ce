"""Versions come, go, break and come back while requests are answered."""

import concurrent.futures
import shutil
import threading
from pathlib import Path

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_log_pb2,
)
from tensorflow_serving.config import model_server_config_pb2

from tests.serving.conftest import half_plus, running, save, wait_until
from tfapp.serving.models.versions import (
    find_models,
    find_versions,
    fingerprint,
    may_go,
    wanted_versions,
)
from tfapp.serving.settings import ModelSettings

ROUNDS = 6


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Versions 1 to 3 of y = x / 2 + version, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    for version in (1, 2, 3):
        half_plus(folder / str(version), float(version))
    return folder


def copy(source, target):
    """Let a version appear as an export does: whole."""
    hidden = target.parent / f".{target.name}"
    shutil.copytree(source, hidden)
    hidden.rename(target)


def states(client, name="m"):
    """Return {version: state} of a model."""
    _, reply = client.get(f"/v1/models/{name}")
    found = reply.get("model_version_status", [])
    return {int(s["version"]): s["state"] for s in found}


def answer_of(client, path="", name="m"):
    """Return what 0 / 2 + version is."""
    _, reply = client.post(f"/v1/models/{name}{path}:predict", {"instances": [0.0]})
    return reply.get("predictions", [reply.get("error")])[0]


@pytest.mark.slow
def test_a_new_version_replaces_the_old_one_without_a_lost_request(tmp_path, made):
    """Under load from several clients not one request fails.

    On a machine that is busy besides, everything may take its time.
    """
    folder = tmp_path / "m"
    folder.mkdir()
    copy(made / "1", folder / "1")
    stop = threading.Event()

    def ask(client):
        found = []
        while not stop.is_set():
            found.append(client.predict("m", {"instances": [0.0]}))
        return found

    patient = dict.fromkeys(("request_seconds", "header_seconds"), 300.0)
    with (
        running(tmp_path, limits=patient) as client,
        concurrent.futures.ThreadPoolExecutor(8) as pool,
    ):
        loads = [pool.submit(ask, client) for _ in range(8)]
        try:
            for version in range(2, 2 + ROUNDS):
                copy(made / str(version % 3 + 1), folder / str(version))
                wanted = {version - 1: "END", version: "AVAILABLE"}
                wait_until(lambda w=wanted: w.items() <= states(client).items(), 300)
        finally:
            stop.set()  # else the clients, and the test, would go on for ever
        answers = [answer for load in loads for answer in load.result()]
        assert len(answers) > ROUNDS
        assert {status for status, _ in answers} == {200}
        assert len({str(reply) for _, reply in answers}) > 1
        assert answer_of(client) == (ROUNDS + 1) % 3 + 1


def test_a_broken_version_leaves_the_old_one_serving(tmp_path, made):
    """It shows in the status with its error, and is tried again when it changes."""
    (tmp_path / "m").mkdir()
    copy(made / "1", tmp_path / "m" / "1")
    with running(tmp_path) as client:
        broken = tmp_path / "m" / "2"
        broken.mkdir()
        (broken / "saved_model.pb").write_bytes(b"no protocol buffer")
        wait_until(lambda: states(client) == {1: "AVAILABLE", 2: "END"})
        _, reply = client.get("/v1/models/m/versions/2")
        (found,) = reply["model_version_status"]
        assert found["status"]["error_code"] != "OK"
        assert found["status"]["error_message"]
        assert answer_of(client) == 1
        shutil.copytree(made / "2", broken, dirs_exist_ok=True)  # the copying goes on
        wait_until(lambda: states(client) == {1: "END", 2: "AVAILABLE"})
        assert answer_of(client) == 2


@pytest.mark.slow
def test_removed_versions_are_unloaded(tmp_path, made):
    """Going back is removing the newest; removing all leaves nothing."""
    (tmp_path / "m").mkdir()
    for version in "12":
        copy(made / version, tmp_path / "m" / version)
    with running(tmp_path) as client:
        assert answer_of(client) == 2
        shutil.rmtree(tmp_path / "m" / "2")
        wait_until(lambda: answer_of(client) == 1)
        shutil.rmtree(tmp_path / "m" / "1")
        wait_until(lambda: set(states(client).values()) == {"END"})
        assert "Servable not found" in answer_of(client)
        assert client.get("/healthz")[0] == 503
        copy(made / "3", tmp_path / "m" / "3")
        wait_until(lambda: answer_of(client) == 3)


def test_models_appear_by_themselves(tmp_path, made):
    """A new folder below the root is a new model; a label may name its version."""
    (tmp_path / "m").mkdir()
    copy(made / "1", tmp_path / "m" / "1")
    with running(tmp_path) as client:
        (tmp_path / "other").mkdir()
        copy(made / "3", tmp_path / "other" / "7")
        wait_until(lambda: answer_of(client, name="other") == 3)


def reload(client, *models):
    """Send a configuration of (name, path, versions, labels); return the status."""
    request = model_management_pb2.ReloadConfigRequest()
    configs = request.config.model_config_list.config
    for name, path, versions, labels in models:
        config = configs.add(name=name, base_path=str(path))
        config.model_platform = "tensorflow"
        if versions:
            policy = config.model_version_policy.specific
            policy.versions.extend(versions)
        for label, version in labels.items():
            config.version_labels[label] = version
    with grpc.insecure_channel(client.grpc_address) as channel:
        stub = model_service_pb2_grpc.ModelServiceStub(channel)
        return stub.HandleReloadConfigRequest(request).status


def test_rollback_by_configuration(tmp_path, made):
    """`specific` brings an old version back; models that are not named go."""
    for name in "mn":
        (tmp_path / name).mkdir()
    for version in "12":
        copy(made / version, tmp_path / "m" / version)
    copy(made / "3", tmp_path / "n" / "1")
    with running(tmp_path) as client:
        assert answer_of(client) == 2
        status = reload(client, ("m", tmp_path / "m", [1], {"stable": 1}))
        assert (status.error_code, status.error_message) == (0, "")
        assert answer_of(client) == answer_of(client, "/labels/stable") == 1
        assert "Servable not found" in answer_of(client, name="n")
        status = reload(client, ("m", tmp_path / "m", [1, 2], {"stable": 9}))
        assert status.error_code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
        assert "Request to assign label to version 9 of model m" in status.error_message
        assert answer_of(client, "/labels/stable") == 1
        wait_until(lambda: answer_of(client) == 2)


def test_a_configuration_of_what_is_no_path(tmp_path, made):
    """Told as every other mistake."""
    (tmp_path / "m").mkdir()
    copy(made / "1", tmp_path / "m" / "1")
    with running(tmp_path) as client:
        status = reload(client, ("m", f"{tmp_path}/a\0b", [], {}))
        assert status.error_code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
        assert answer_of(client) == 1


@pytest.mark.parametrize("place", ["/etc", "..", "m/../../x"])
def test_a_configuration_reaches_no_other_folder(tmp_path, made, place):
    """SavedModels are code: only what the server was started with."""
    (tmp_path / "root" / "m").mkdir(parents=True)
    copy(made / "1", tmp_path / "root" / "m" / "1")
    with running(tmp_path / "root") as client:
        status = reload(client, ("m", tmp_path / "root" / place, [], {}))
        assert status.error_code == grpc.StatusCode.PERMISSION_DENIED.value[0]
        assert answer_of(client) == 1


def test_a_configuration_that_makes_no_sense(tmp_path, made):
    """Doubled names, other platforms, no list at all."""
    (tmp_path / "m").mkdir()
    copy(made / "1", tmp_path / "m" / "1")
    with (
        running(tmp_path) as client,
        grpc.insecure_channel(client.grpc_address) as channel,
    ):
        same = ("m", tmp_path / "m", [], {})
        assert reload(client, same, same).error_code == 3
        request = model_management_pb2.ReloadConfigRequest()
        stub = model_service_pb2_grpc.ModelServiceStub(channel)
        assert stub.HandleReloadConfigRequest(request).status.error_code == 3
        request.config.model_config_list.config.append(
            model_server_config_pb2.ModelConfig(
                name="m", base_path=str(tmp_path / "m"), model_platform="caffe"
            )
        )
        assert stub.HandleReloadConfigRequest(request).status.error_code == 3


def with_warmup(folder, *values):
    """Write a model that counts its requests, and its warm-up requests."""
    module = tf.Module()
    module.count = tf.Variable(0, dtype=tf.int64)

    def serve(x):
        count = module.count.assign_add(1)
        with tf.control_dependencies([tf.debugging.assert_non_negative(x)]):
            return {"count": tf.fill(tf.shape(x), count)}

    module.serve = tf.function(
        serve, input_signature=[tf.TensorSpec((None,), name="x")]
    )
    tf.saved_model.save(module, str(folder), signatures=module.serve)
    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for value in values:
            log = prediction_log_pb2.PredictionLog()
            request = predict_pb2.PredictRequest()
            request.inputs["x"].CopyFrom(tf.make_tensor_proto([value]))
            log.predict_log.request.CopyFrom(request)
            writer.write(log.SerializeToString())


def test_warm_up_comes_before_the_first_request(tmp_path):
    """The model has answered its own requests when it is available."""
    with_warmup(tmp_path / "m" / "1", 1.0, 2.0, 3.0)
    with running(tmp_path) as client:
        assert client.predict("m", {"instances": [0.0]})[1] == {"predictions": [4]}


def test_a_failing_warm_up_is_a_broken_version(tmp_path):
    """A model that cannot answer its own examples does not go live."""
    with_warmup(tmp_path / "m" / "1", -1.0)
    with running(tmp_path) as client:
        assert states(client) == {1: "END"}
        path = tmp_path / "m" / "1" / "assets.extra" / "tf_serving_warmup_requests"
        path.write_bytes(b"no records" * 9)
        wait_until(lambda: "damaged" in str(client.get("/v1/models/m")[1]), seconds=10)


def test_models_that_are_not_ours_are_served(tmp_path):
    """No card, no labels, no warm-up: a SavedModel is enough."""

    def serve(x):
        return {"y": x + 1}

    spec = {"x": tf.TensorSpec((None,), tf.int32)}
    save(tmp_path / "m" / "1", {"serving_default": (serve, spec)})
    with running(tmp_path / "m") as client:  # the folder of one model
        found = client.predict("m", {"instances": [1]})
        assert found == (200, {"predictions": [2]})


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [7]),
        ({"num_versions": 2}, [7, 5]),
        ({"versions": "all"}, [7, 5, 3]),
        ({"versions": (3, 4)}, [3]),
    ],
)
def test_policies(settings, expected):
    """Latest, latest few, all, specific."""
    found = wanted_versions([3, 7, 5], ModelSettings(path="x", **settings))
    assert found == expected


@pytest.mark.parametrize(
    ("serving", "wanted", "expected"),
    [
        ([1], [1], []),
        ([1], [2], []),
        ([1, 2], [2], [1]),
        ([1], [], [1]),
        ([1, 2, 3], [2, 4], [1, 3]),
    ],
)
def test_old_versions_go_when_a_wanted_one_serves(serving, wanted, expected):
    """Never before."""
    assert may_go(serving, wanted) == expected


def test_files_that_go_while_they_are_looked_at(tmp_path, monkeypatch):
    """Copying tools write under other names and rename: that is no failure."""
    for name in ("a", ".b.partial"):
        (tmp_path / name).write_text("x")
    stat = Path.stat

    def gone(path, **options):
        if path.name.startswith("."):
            raise FileNotFoundError(path)
        return stat(path, **options)

    before = fingerprint(tmp_path)
    monkeypatch.setattr(Path, "stat", gone)
    after = fingerprint(tmp_path)
    assert [name for name, *_ in after] == ["a"]
    assert after != before


def test_only_numbers_with_a_saved_model_are_versions(tmp_path):
    """Others are ignored."""
    for name in ("1", "02", "x", "3", "-4", ".5", "²"):
        (tmp_path / "m" / name).mkdir(parents=True)
        if name != "3":
            (tmp_path / "m" / name / "saved_model.pb").touch()
    assert list(find_versions(tmp_path / "m")) == [1, 2]
    assert find_models(tmp_path) == {"m": tmp_path / "m"}
    assert find_models(tmp_path, ["x"]) == {"m": tmp_path / "m"}
    (tmp_path / "x").mkdir()
    assert set(find_models(tmp_path, ["x"])) == {"m", "x"}
    for find in (find_models, find_versions):
        with pytest.raises(FileNotFoundError):
            find(tmp_path / "nothing")
