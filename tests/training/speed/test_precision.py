"""The choice of a precision, and the check that it has to pass."""

import json

import keras
import numpy as np
import pytest
from tensorflow.python.framework.config import disable_op_determinism

from tfapp import recipes
from tfapp.base.reporter import Reporter
from tfapp.recipes.config import RuntimeConfig
from tfapp.tasks import get_task
from tfapp.training import devices
from tfapp.training.speed import precision
from tfapp.training.speed.precision import (
    Candidate,
    candidates,
    choose_precision,
    chooser,
    use_xla,
)
from tfapp.training.speed.precision import choice as choice_module
from tfapp.training.speed.precision.trial import FirstSteps, Network, Trial, cosines
from tfapp.training.speed.precision.work import Work, sample_size

SIZE, NUM_IMAGES, STEPS = 8, 1000, 100
FLOAT32, BFLOAT16 = Candidate("float32", False), Candidate("mixed_bfloat16", False)
H200 = devices.GPU("H200", 9)


def make_recipe(thaw=True, tune=True, **runtime):
    """Return a recipe of two phases, of the first alone, or from scratch."""
    phases = {"head": {}} | ({"thaw": {"from_layer": "second"}} if thaw else {})
    table = {
        "task": "image_classification",
        "model": {"name": "transfer"},
        "data": {"path": "digits", "batch_size": 8},
        "training": {},
        "runtime": runtime,
    }
    return recipes.build(table | ({"fine_tune": phases} if tune else {}), where="test")


class Builder:
    """Builds a tiny transfer model; counts how often, and under which policies."""

    def __init__(self, broken=1.0):
        self.policies = []
        self.broken = broken

    def __call__(self):
        """Return the model; below float32 its logits are `broken` times as large."""
        self.policies.append(keras.config.dtype_policy().name)
        inputs = keras.Input((SIZE, SIZE, 3))
        x = keras.layers.Conv2D(4, 3, name="first")(inputs)
        x = keras.layers.BatchNormalization(name="norm")(x)
        x = keras.layers.Conv2D(4, 3, name="second")(x)
        backbone = keras.Model(inputs, x, name="backbone")
        pixels = keras.Input((SIZE, SIZE, 3))
        x = backbone(keras.layers.Rescaling(1 / 255)(pixels))
        pooled = keras.layers.GlobalAveragePooling2D(dtype="float32")(x)
        extractor = keras.Model(pixels, pooled, name="extractor")
        features = keras.Input((4,))
        x = keras.layers.Dropout(0.5, dtype="float32")(features)
        logits = keras.layers.Dense(2, dtype="float32")(x)
        if self.policies[-1] != "float32":
            logits = keras.layers.Rescaling(self.broken, dtype="float32")(logits)
        head = keras.Model(features, logits, name="head")
        image = keras.Input((SIZE, SIZE, 3))
        return keras.Model(image, head(extractor(image)))


def make_batch(images=6):
    """Return noise in [0, 255] and one-hot labels."""
    pixels = np.random.default_rng(0).uniform(0, 255, (images, SIZE, SIZE, 3))
    labels = np.eye(2, dtype="float32")[np.arange(images) % 2]
    return pixels.astype("float32"), labels


class Listener(Reporter):
    """Remembers what it is told."""

    def __init__(self):
        super().__init__(quiet=True)
        self.lines = []

    def say(self, line):
        """Keep a line."""
        self.lines.append(line)


@pytest.fixture
def choose(tmp_path):
    """Choose for the tiny model; the listener and the builder may be looked at.

    Determinism, which forbids XLA, may be left from another test of this process.
    """
    disable_op_determinism()

    def call(recipe=None, build=None, steps=STEPS, **options):
        return choose_precision(
            recipe or make_recipe(),
            build=build or Builder(),
            sample=make_batch,
            num_inputs=NUM_IMAGES,
            steps=steps,
            task=get_task("image_classification"),
            info=None,
            cache_dir=tmp_path,
            reporter=options.pop("reporter", Listener()),
            **options,
        )

    return call


@pytest.fixture
def fast_bfloat16(monkeypatch):
    """A machine on which everything is worth measuring and bfloat16 takes a fourth."""
    monkeypatch.setattr(choice_module.processor, "bfloat16_unit", lambda: "AMX")
    monkeypatch.setattr(chooser, "WORTH_MEASURING", 1.0)
    monkeypatch.setattr(chooser, "MEASURING_SHARE", 1e6)
    monkeypatch.setattr(chooser, "MEASURING_SECONDS", 1e6)
    monkeypatch.setattr(Network, "rough_cost", lambda *_: 1.0)
    monkeypatch.setattr(Trial, "time", pretended({"mixed_bfloat16": 0.25}))


@pytest.fixture
def alike(monkeypatch):
    """Every precision begins alike, untraced, which saves seconds."""
    steps = FirstSteps(None, [1.0])
    monkeypatch.setattr(Trial, "take_first_steps", lambda trial: steps)


def pretended(seconds):
    """Return a `time` that names seconds per image by policy; 1 for the others."""

    def time(trial):
        policy = trial.network.policy
        return dict.fromkeys(trial.work.kinds, seconds.get(policy, 1.0))

    return time


@pytest.mark.parametrize(
    ("runtime", "unit", "expected"),
    [
        ({"precision": "float32"}, "AMX", [FLOAT32]),
        ({"precision": "mixed_bfloat16"}, "", [BFLOAT16]),
        ({}, "AMX", [FLOAT32, BFLOAT16]),
        ({}, "", [FLOAT32]),
        ({"deterministic": True}, "AMX", [FLOAT32]),
        ({"precision": "float32", "compile": "on"}, "", [Candidate("float32", True)]),
    ],
)
def test_candidates_on_a_cpu(runtime, unit, expected, monkeypatch):
    """Only what the processor computes itself is worth a try; XLA never is."""
    monkeypatch.setattr(choice_module.processor, "bfloat16_unit", lambda: unit)
    assert candidates(RuntimeConfig(**runtime))[0] == expected


@pytest.mark.parametrize(
    ("capability", "reduced"), [(9, "mixed_bfloat16"), (7, "mixed_float16"), (6, None)]
)
def test_candidates_on_a_gpu(capability, reduced, monkeypatch):
    """The precision that the GPU has units for, with and without XLA."""
    monkeypatch.setattr(devices, "gpus", lambda: [devices.GPU("a", capability)])
    policies = ["float32"] + ([reduced] if reduced else [])
    expected = [Candidate(p, jit) for p in policies for jit in (False, True)]
    assert candidates(RuntimeConfig())[0] == expected


def test_jax_on_a_cpu_is_not_measured(monkeypatch):
    """It knows no other way than to compile, which takes long."""
    monkeypatch.setattr(choice_module.keras.config, "backend", lambda: "jax")
    monkeypatch.setattr(devices, "gpus", list)
    assert candidates(RuntimeConfig())[0] == [Candidate("float32", True)]


def test_xla_is_measured_on_one_gpu_only(monkeypatch):
    """Replicas cannot share random state; determinism cannot be measured."""
    assert use_xla(RuntimeConfig()) is False
    monkeypatch.setattr(devices, "gpus", lambda: [H200])
    assert use_xla(RuntimeConfig()) == "auto"
    assert use_xla(RuntimeConfig(), replicas=2) is False
    assert use_xla(RuntimeConfig(deterministic=True)) is False
    assert use_xla(RuntimeConfig(compile="off")) is False


@pytest.mark.slow
def test_little_work_is_not_measured(choose, monkeypatch):
    """One build prices the work, and the price is remembered."""
    monkeypatch.setattr(choice_module.processor, "bfloat16_unit", lambda: "AMX")
    build = Builder()
    for _ in range(2):
        choice = choose(build=build)
        assert (choice.policy, choice.reason) == ("float32", chooser.TOO_LITTLE)
    assert build.policies == ["float32"]


@pytest.mark.slow
def test_a_short_budget_is_not_spent_on_measuring(choose, monkeypatch):
    """A twentieth of six minutes would not do: no network is built for it."""
    monkeypatch.setattr(choice_module.processor, "bfloat16_unit", lambda: "AMX")
    build = Builder()
    choice = choose(make_recipe(minutes=6.0), build)
    assert (choice.policy, choice.reason) == ("float32", chooser.TOO_SHORT)
    assert not build.policies


def test_no_build_where_there_is_no_choice(choose):
    """Float32 by name costs nothing."""
    build = Builder()
    choice = choose(make_recipe(precision="float32"), build)
    assert (choice.policy, choice.reason) == ("float32", "as the recipe says")
    assert not build.policies


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    [make_recipe(), make_recipe(thaw=False), make_recipe(thaw=False, tune=False)],
    ids=["thaw", "head", "train"],
)
def test_the_faster_precision_is_chosen_and_remembered(
    choose, fast_bfloat16, alike, recipe
):
    """Built once per policy; not at all when asked again."""
    build = Builder()
    choice = choose(recipe, build)
    assert choice.policy == "mixed_bfloat16"
    assert choice.reason == "4.0x float32, measured"
    assert build.policies == ["float32", "mixed_bfloat16"]
    choice = choose(recipe, build)
    assert choice.reason == "4.0x float32, measured before"
    assert len(build.policies) == 2


@pytest.mark.slow
def test_a_slower_precision_is_not_chosen(choose, fast_bfloat16, alike, monkeypatch):
    """Nor is one that is faster by less than the noise."""
    monkeypatch.setattr(Trial, "time", pretended({"mixed_bfloat16": 0.95}))
    choice = choose()
    assert (choice.policy, choice.reason) == ("float32", "nothing is faster, measured")


@pytest.mark.slow
def test_a_damaged_file_is_measured_anew(choose, fast_bfloat16, alike, tmp_path):
    """Whatever lies there, the answer is the same."""
    choose()
    (file,) = (tmp_path / "precision").iterdir()
    for text in ["[]", '{"choice": 3', '{"checks": 1}', '{"choice": 7}']:
        file.write_text(text)
        assert choose().reason == "4.0x float32, measured"


@pytest.mark.slow
def test_another_machine_measures_for_itself(choose, fast_bfloat16, alike, monkeypatch):
    """A cache may lie on a shared disk."""
    choose()
    monkeypatch.setattr(devices, "identity", lambda runtime: ["another"])
    assert choose().reason == "4.0x float32, measured"


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["auto", "mixed_bfloat16"])
def test_a_precision_that_computes_something_else_is_refused(
    choose, fast_bfloat16, asked
):
    """One line says so, each time; the check itself is made once."""
    listener, build = Listener(), Builder(broken=40.0)
    recipe = make_recipe(precision=asked)
    for _ in range(2):
        choice = choose(recipe, build, reporter=listener)
        assert choice.policy == "float32"
        assert choice.reason == "mixed_bfloat16 failed its self-check"
    notes = [line for line in listener.lines if "self-check: loss" in line]
    assert len(notes) == 2
    assert notes[0].endswith("in float32; training in float32")
    assert build.policies == ["float32", "mixed_bfloat16"]


@pytest.mark.slow
def test_a_precision_that_cannot_run_is_refused(choose, fast_bfloat16):
    """A missing operation is no reason to end the run."""

    def build():
        if keras.config.dtype_policy().name != "float32":
            raise NotImplementedError("no kernel for bfloat16")
        return Builder()()

    choice = choose(build=build)
    assert choice.policy == "float32"
    assert "cannot run (NotImplementedError: no kernel for bfloat16)" in choice.note


@pytest.mark.slow
def test_a_named_precision_is_checked_and_used(choose):
    """The real check passes on the real machine, whatever it computes with."""
    choice = choose(make_recipe(precision="mixed_bfloat16"))
    assert choice == precision.PrecisionChoice("mixed_bfloat16", "as the recipe says")


def test_xla_wins_where_it_is_faster(choose, fast_bfloat16, alike, monkeypatch):
    """On a GPU compiled steps are candidates of the same trial."""
    monkeypatch.setattr(devices, "gpus", lambda: [H200])
    monkeypatch.setattr(
        Trial,
        "time",
        lambda trial: {k: 0.5 if trial.jit_compile else 1.0 for k in trial.work.kinds},
    )
    reporter = Listener()
    choice = choose(make_recipe(precision="float32"), reporter=reporter)
    assert choice.jit_compile, reporter.lines
    assert choice.reason == "2.0x without XLA, measured"


@pytest.mark.slow
def test_the_process_is_left_as_it_was(choose, fast_bfloat16):
    """Names, policy and chance: the run is that of a named precision, to the bit."""

    def weights_after(choice):
        keras.utils.set_random_seed(make_recipe().seed)
        choice()
        model = Builder()()
        model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True))
        model.train_on_batch(*make_batch())
        return model.layers[1].get_layer("backbone").name, model.get_weights()

    name, expected = weights_after(lambda: None)
    again, found = weights_after(choose)
    assert again == name
    assert keras.config.dtype_policy().name == "float32"
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_layers_are_numbered_as_if_nothing_had_been_measured(
    choose, fast_bfloat16, alike
):
    """Factors on learning rates are found by the paths of variables."""
    keras.layers.Conv2D(1, 1)
    number = int(keras.layers.Conv2D(1, 1).name.removeprefix("conv2d_"))
    choose()
    assert keras.layers.Conv2D(1, 1).name == f"conv2d_{number + 1}"


def test_real_timings_are_seconds_per_image():
    """Each kind of work is timed by itself."""
    task = get_task("image_classification")
    work = Work(make_recipe(), task, None, *make_batch(), NUM_IMAGES, STEPS)
    trial = Trial(work, Network(work, "float32", Builder()), False)
    steps = trial.take_first_steps()
    assert steps.rows.shape == (6, 4)
    assert len(steps.losses) == 3
    found = trial.time()
    assert set(found) == {"features", "thaw"}
    assert all(0 < seconds < 1 for seconds in found.values())
    assert work.seconds({"features": 1.0, "thaw": 2.0}) == 1000 + 2 * 100 * 8


@pytest.mark.parametrize(
    ("loss", "row", "fault"),
    [
        (1.06, [1, 0], ""),
        (1.08, [1, 0], "loss 1.08 against 1 in float32"),
        (float("nan"), [1, 0], "loss nan against 1 in float32"),
        (1.0, [1, 0.3], "features only 0.958 alike (cosine) those in float32"),
        (1.0, [float("inf"), 0], "features that are not finite"),
    ],
)
def test_first_steps_are_compared_with_float32(loss, row, fault):
    """Losses within 5 % + 0.02, features almost parallel."""
    exact = FirstSteps(np.array([[1.0, 0.0]]), [1.0])
    assert FirstSteps(np.array([row], "float32"), [loss]).fault(exact) == fault


def test_cosines_of_rows():
    """Length does not matter; zero rows are like nothing."""
    found = cosines(
        np.array([[1, 1], [0, 2], [0, 0]]), np.array([[3, 3], [2, 0], [1, 1]])
    )
    np.testing.assert_allclose(found, [1, 0, 0], atol=1e-12)


def test_slow_networks_are_tried_on_fewer_images():
    """At least four images; all of them where that is quick."""
    assert sample_size(1e-3, 16) == 16
    assert sample_size(0.08, 16) == 6
    assert sample_size(10.0, 16) == 4
    assert sample_size(10.0, 2) == 2


@pytest.mark.slow
def test_what_is_kept_is_json(choose, fast_bfloat16, alike, tmp_path):
    """A person can read and delete it."""
    choose()
    (file,) = (tmp_path / "precision").iterdir()
    kept = json.loads(file.read_text())
    assert kept["choice"] == ["mixed_bfloat16", False]
    assert list(kept["checks"].values()) == [""]
