"""Every script of benchmarks/ runs its smallest case, in a process of its own.

The data is made up and tiny: what is printed is a table of meaningless figures. A
script that lacks weights or packages shows its help instead, and the test says so.
"""

import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from tests.domains.audio.recordings import write_wav
from tests.domains.graphs.planetoid_files import write_planetoid

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


class Case(NamedTuple):
    """The smallest case of a script, and a pattern of what it prints.

    Args:
        command: arguments; words in braces become paths.
        expected: regular expression that the output has to contain.
        weights: whether ImageNet weights of MobileNetV2 are needed.
    """

    command: str
    expected: str
    weights: bool = False


QUICK = "--set training.epochs=1 --set data.limit=10 --set export.explain=false"
UNTRAINED = "--weights none --sets blood_cells"
SMALL_TRANSFER = (
    "data.path={photos} data.options.image_size=[32,32] model.options.weights=none"
)
SMALL_FEATURES = (
    "--set data.split.test=0.3 --set data.split.validation=0.2 "
    "--set model.options.weights=none --set data.options.image_size=[32,32]"
)
CASES = {
    "accuracy.py": Case(
        f"digits --seeds 0 --folder runs {QUICK}",
        r"\| digits \| accuracy \| 1 \| \d+\.\d+%",
    ),
    "best_practice.py": Case(
        f"{UNTRAINED} --choices 'pooling max'", r"\| pooling max \| \d+\.\d+ \|"
    ),
    "capsules.py": Case(
        "--networks 'narrow capsnet' cnn_parameters --batch 2 --rounds 1 "
        "--seconds 0.01",
        r"answers and gradients are those of tfapp's routing(.|\n)*x its port",
    ),
    "checking.py": Case("--files 20 --rounds 1", r"\| 20 \| tfapp check \| \d+\.\d \|"),
    "collages.py": Case("cells out --count 8", r"8 collages: out/table\.csv"),
    "cross_validation.py": Case(
        "cats_dogs_features --folds 2 --repeats 1 --head "
        f"--try '{SMALL_TRANSFER} fine_tune.head.epochs=1'",
        r"\d+\.\d+%  data\.path",
    ),
    "distributed.py": Case(
        "digits --counts 2 --ways workers --batch 8 --epochs 1 --set data.limit=4",
        r"\| workers \| 2 \| 16 \| \d+\.\d \| 100% \|",
    ),
    "explanations.py": Case(
        "{run} --mosaics 4 --occluded 1", r"gradcam: (.|\n)*weights shuffled: "
    ),
    "extractor_sizes.py": Case(
        "{photos} --sizes 32",
        r"vgg_small tiny_imagenet: \d+\.\d+%(.|\n)*none: \d+\.\d+%",
    ),
    "feature_precision.py": Case(
        "{photos} --networks mobilenet_v2 --photos 16 --size 32",
        r"\| mobilenet_v2 \| 16 \| \d\.\d+",
        weights=True,
    ),
    "few_examples.py": Case(
        "--sets blood_cells --draws 1", r"\| blood_cells \| 80 \| \d+", weights=True
    ),
    "camera_clips.py": Case("{photos} out --each 1", "6 clips of 6 movements: out"),
    "digit_graphs.py": Case("others out", r"1797 nodes, \d+ edges: out"),
    "flower_captions.py": Case(
        "{photos} out --each 4", r"16 captions: out/captions\.csv"
    ),
    "graph_scale.py": Case(
        "--edges 200 --steps 1", r"\| 200 \| 40 \| \d+\.\d+ s \| \d+\.\d+ s"
    ),
    "graph_seeds.py": Case(
        "graphs/cora --seeds 1 --set training.epochs=2",
        r"\| label propagation \| \d+\.\d+%",
    ),
    "flip.py": Case(
        f"digits --most 1 {QUICK}", r"1 of 1 files are harmless or named: 1 \w+"
    ),
    "floor.py": Case(
        f"cats_dogs_features --set {SMALL_TRANSFER.replace(' ', ' --set ')} "
        "--set data.split.test=0.5",
        r"\d+\.\d+% of \d+ test images",
    ),
    "fuzz.py": Case(
        "--requests 200 --messages 200",
        r"HTTP: 200 requests, 0 ended wrong(.|\n)*gRPC: 200 requests, 0 ended wrong",
    ),
    "play.py": Case(
        "minatar:freeway --steps 40 --rounds 1",
        r"\| plain \| \d+ (.|\n)*\| tfapp \| \d+ (.|\n)*times as fast",
    ),
    "probes.py": Case(
        "--megabytes 0.1",
        r"\| base64, 4 clients \| 0\.1 \| 4 x 400 \| \d+ \|",
    ),
    "input.py": Case(
        "{photos} --tiles 1 2 --sizes 32 --limit 8 --rounds 1 --files 100",
        r"tfapp, stored on disk(.|\n)*\| 100 \| \d",
    ),
    "kill.py": Case(f"digits --kills 0 {QUICK}", "uninterrupted: (.|\n)*0 of 0 equal"),
    "label_noise.py": Case(
        f"{{photos}} --noise 0 0.2 {SMALL_FEATURES}",
        r"\| 20% \| 0 \| \d+\.\d+% \| \d+\.\d% \(\d+%\)",
    ),
    "learning_curve.py": Case(
        "digits --sizes 5 10 --seeds 0 --folder runs --set training.epochs=1 "
        "--set export.explain=false",
        r"limit=5 (.|\n)*limit=10 (.|\n)*comparison\.html",
    ),
    "new_voices.py": Case(
        "audio/fsdd_new_voice --set 'data.options.test=*_ann_*'",
        r"\| mean 0 of \| ann \| bob \| mean \|(.|\n)*\| each band \| \d+\.\d%",
    ),
    "none_of_these.py": Case(
        f"{{photos}} --keep 0.6 {SMALL_FEATURES} --foreign {{photos}}/../test",
        r"\| familiarity [^|]*\| \d+\.\d% \| \d+\.\d% \|",
    ),
    "sightings.py": Case(
        f"measure {{photos}} --sightings 200 {SMALL_FEATURES}",
        r"\| true \| 0 \| [\d.]+ \|(.|\n)*\| a single one \| 0 \|",
    ),
    "network_pictures.py": Case(
        "drawn --networks cnn_7x7x32", r"drawn/cnn_7x7x32\.svg"
    ),
    "slides.py": Case(
        "out --cells {cells} --target a --trains 3 --train-side 960 --tests 1 "
        "--side 1200 --rarity 3 --set training.epochs=1 --set export.explain=false "
        "--set model.name=small_cnn --set data.options.image_size=[32,32] "
        "--set model.options={filters=[4]}",
        r"peak memory of the scan: \d+ MB(.|\n)*\| test0\.tif \| 1200 \| \d+",
    ),
    "style.py": Case(
        "{photos}/a out --contents 0 --styles 1 --size 64 --steps 2 "
        "--optimizers lbfgs adam --set task_options.style_layers=['block1_relu1']",
        r"vgg_small: lbfgs ends below adam on \d of 1 pairs",
    ),
    "recurrent.py": Case(
        "--units 4 --batches 2 --length 3 --seconds 0.01 --rounds 1 "
        "--ways keras one-hot unrolled",
        r"\| unrolled \| [\d,]+ \(",
    ),
    "style_measures.py": Case(
        "{photo} {photo} --sizes 64 96 --evaluations 1",
        r"\| mean \| \d(.|\n)*tfapp: \d+\.\d+ s of the processor",
    ),
    "svm_floor.py": Case(
        "{digits} --train 100 --test 20 --degree 2", r"\| 100 \| 2 \| \d+\.\d+%"
    ),
    "near_copies.py": Case("{photos} --copies 2", r"\| copy \| found \|"),
    "options.py": Case(
        "--work inference training --cases plain --rounds 1 --size 32 --batch 2 "
        "--seconds 0.01",
        r"\| mobilenet_v2 \| inference (.|\n)*\| mobilenet_v2 \| training ",
    ),
    "overhead.py": Case(
        f"--recipes digits --steps --rounds 1 --epochs 1 {QUICK}",
        r"\| export and verify \| \d(.|\n)*\| tfapp, bare \| \d+\.\d\d \|",
    ),
    "scale.py": Case(
        "--examples 20 40 --classes 3 6 --runs 1 2",
        r"\| examples \| divide s (.|\n)*\| runs \| list s (.|\n)*\| exponent \| ",
    ),
    "serving.py": Case(
        "{saved_model} {photo} --seconds 0.2 --forms jpeg",
        r'"clients": 64, "requests": \d+, "failures": 0',
    ),
    "text_folds.py": Case(
        "text/rt_polarity_rand --folds 2 --set training.epochs=1 "
        "--set model.options.dims=4",
        r"fold 2: network \d+\.\d+(.|\n)*gain over \D+: [+-]\d",
    ),
    "thaw_depth.py": Case(
        f"{UNTRAINED} --largest 32 --layers block_16_expand --rates 1e-4 --seeds 0 "
        "--epochs 1 --folder runs",
        r"\| the head alone \|(.|\n)*\| block_16_expand \| 1e-4 \| \d+\.\d+ \|",
    ),
    "thaw_ways.py": Case(
        f"{UNTRAINED} --kept-back 0.5 --ways thaw --epochs 1 --folder ways",
        r"\| blood_cells \| 0 \| thaw \| \d+ \| \d \| \d+\.\d+ ",
    ),
    "training.py": Case(
        "{photos} --networks mobilenet_v2 --jobs last_block --rounds 1 --epochs 2 "
        "--count 8",
        r"\| mobilenet_v2 \| last_block \| every epoch \| keras \d(.|\n)*"
        r"\| mobilenet_v2 \| last_block \| once \| keras_once \d",
    ),
    "transcribing.py": Case(
        "audio/fsdd_strings --minutes 0.2 --folder runs --set training.epochs=1 "
        "--set data.options.strings=8 --set model.options.units=4",
        r"\| whole \| \d+\.\d+% \| 100\.0% \|(.|\n)*real-time factor \d\.\d+",
    ),
    "tuning.py": Case(
        "--tables digits --seeds 2 --tuners random hyperband",
        r"\| digits \| random \| \d+\.\d ± (.|\n)*\| digits \| hyperband \| \d",
    ),
    "tuning_kill.py": Case(
        "--kills 0 --trials 1", "0 kills: trials and scores equal(.|\n)*ended once"
    ),
    "watching.py": Case(
        "digits --rounds 1 --set training.epochs=1 --set data.limit=10",
        r"\| digits \| off \| (.|\n)*\| digits \| all \| \d+\.\d",
    ),
    "wishlist.py": Case(
        "affine picasso shapes few --seeds 1 --examples 10 --tests 20 --epochs 1 "
        "--networks efficient_capsnet cnn_parameters --precision float32",
        r"## affine(.|\n)*R² of the pose(.|\n)*AUC(.|\n)*5 of each class",
    ),
}
OTHERS = {
    "imagenet_bundle.py": "tests/domains/images/pretrained/test_bundled.py",
    "gpu.py": "test_gpu.py",
    "many_files.py": "input.py",
    "serving_peers.py": "serving.py",
    "ways/keras_way.py": "training.py",
    "ways/option_way.py": "options.py",
    "ways/tfapp_way.py": "training.py",
    "ways/torch_lstm.py": "recurrent.py",
    "ways/torch_style.py": "style_measures.py",
    "ways/torch_way.py": "training.py",
}
"""Program → what tests or starts it."""


@pytest.fixture(scope="session")
def made_up_data(tmp_path_factory):
    """A folder as TFAPP_DATA names it, of random pictures."""
    folder = tmp_path_factory.mktemp("made_up")
    random = np.random.default_rng(0)
    for name, count in (("cats_dogs", 16), ("blood_cells_bccd", 90)):
        for part in ("train", "test"):
            for label in ("a", "b"):
                place = folder / name / part / label
                place.mkdir(parents=True)
                for number in range(count if part == "train" else 8):
                    coarse = random.integers(0, 256, (5, 6, 3), np.uint8)
                    picture = Image.fromarray(coarse).resize((48, 40))
                    picture.save(place / f"{number}.jpg")
    digits = {}
    for split, count in (("train", 1100), ("test", 60)):
        digits[f"x_{split}"] = random.integers(0, 256, (count, 28, 28), np.uint8)
        digits[f"y_{split}"] = np.arange(count) % 10
    for digit, voice, number in product("12", ("ann", "bob"), range(8)):
        pitch = 300.0 * int(digit) + 10 * number
        name = f"{digit}_{voice}_{number}.wav"
        wave = np.sin(np.arange(2400) * 2 * np.pi * pitch / 8000)
        write_wav(folder / "fsdd" / "recordings" / name, 0.3 * wave, 8000)
    (folder / "planetoid").mkdir()
    write_planetoid(folder / "planetoid", "cora")
    (folder / "mnist").mkdir()
    np.savez(folder / "mnist" / "mnist.npz", **digits)
    (folder / "rt_polarity").mkdir()
    for name in ("pos", "neg"):
        words = random.choice(["a", "quick", "dull", "film", "scene", name], (60, 9))
        lines = "".join(f"{' '.join(row)}\n" for row in words)
        (folder / "rt_polarity" / f"rt.{name}").write_text(lines)
    return folder


def run(folder, data, program, *arguments):
    """Run a program of benchmarks/ in a folder; return what it prints."""
    paths = os.pathsep.join([str(BENCHMARKS.parent), str(BENCHMARKS)])
    done = subprocess.run(
        [sys.executable, *program, *arguments],
        cwd=folder,
        env=os.environ | {"TFAPP_DATA": str(data), "PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def test_every_program_has_a_smallest_case():
    """A new script has to be added here."""
    programs = {
        path.relative_to(BENCHMARKS).as_posix()
        for path in BENCHMARKS.rglob("*.py")
        if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
    }
    assert programs == CASES.keys() | OTHERS.keys()


DAILY = ("fuzz.py", "options.py")
"""Scripts whose smallest case takes seconds; those of the others take minutes."""
WITHOUT_HELP = ("label_noise.py", "many_files.py", "none_of_these.py")
"""Programs without options, and those that import what sightings.py does."""


@pytest.mark.slow
@pytest.mark.parametrize("script", sorted(CASES.keys() - set(WITHOUT_HELP)))
def test_a_script_shows_its_help(script, tmp_path, made_up_data):
    """Everything that it imports is there under the name that it uses."""
    program = [str(BENCHMARKS / script)]
    assert "usage: " in run(tmp_path, made_up_data, program, "--help")


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        pytest.param(name, marks=[] if name in DAILY else pytest.mark.nightly)
        for name in CASES
    ],
)
def test_a_script_runs_its_smallest_case(script, tmp_path, made_up_data, workspace):
    """It ends without an error, and prints its table."""
    case, program = CASES[script], [str(BENCHMARKS / script)]
    if case.weights and not os.environ.get("TFAPP_WEIGHTS"):
        assert "usage: " in run(tmp_path, made_up_data, program, "--help")
        pytest.skip("only --help was tried: TFAPP_WEIGHTS does not name a folder")
    places = {
        "photos": made_up_data / "cats_dogs" / "train",
        "cells": made_up_data / "cats_dogs",
        "photo": made_up_data / "cats_dogs" / "train" / "a" / "0.jpg",
        "digits": made_up_data / "mnist" / "mnist.npz",
        "run": workspace[0] / "runs" / "digits" / "1",
        "saved_model": workspace[0] / "saved_models" / "digits" / "1",
    }
    words = [word.format(**places) for word in shlex.split(case.command)]
    shown = run(tmp_path, made_up_data, program, *words)
    assert re.search(case.expected, shown), shown


@pytest.mark.nightly
def test_a_killed_run_ends_like_an_uninterrupted_one(tmp_path, made_up_data):
    """One kill; four runs take too long for every day."""
    words = f"digits --kills 1 {QUICK}".split()
    shown = run(tmp_path, made_up_data, [str(BENCHMARKS / "kill.py")], *words)
    assert "1 of 1 equal the uninterrupted run" in shown


PEERS = """
import sys
from pathlib import Path
from serving_peers import answer_of, keras_predict, signature

photo = Path(sys.argv[2]).read_bytes()
ways = [make(sys.argv[1]) for make in (signature, keras_predict)]
first, second = (answer_of(way([photo, photo]))["predictions"] for way in ways)
assert [a["label"] for a in first] == [b["label"] for b in second]
print(len(first), "answers")
"""


@pytest.mark.slow
@pytest.mark.nightly
def test_peers_of_serving_answer_alike(tmp_path, made_up_data, workspace):
    """The SavedModel called in two ways, as the servers call it."""
    model = workspace[0] / "saved_models" / "digits" / "1"
    photo = made_up_data / "cats_dogs" / "train" / "a" / "0.jpg"
    code = ["-c", PEERS]
    assert "2 answers" in run(tmp_path, made_up_data, code, str(model), str(photo))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("package", "module"),
    [
        ("torch", "ways/torch_way.py"),
        ("bentoml", "serving_bento.py"),
        ("litserve", "serving_lit.py"),
    ],
)
def test_programs_of_other_packages_are_imported(
    package, module, tmp_path, made_up_data
):
    """Where the package is at hand; it is no requirement of tfapp."""
    if find_spec(package) is None:
        compile((BENCHMARKS / module).read_text(encoding="utf-8"), module, "exec")
        pytest.skip(f"only its syntax was tried: {package} is not installed")
    code = f"import runpy; runpy.run_path({str(BENCHMARKS / module)!r})"
    run(tmp_path, made_up_data, ["-c", code])
