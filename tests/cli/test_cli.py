"""The command line as a user meets it: output, errors, exit codes, speed of start."""

import importlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tfapp
from tfapp.__main__ import main


def call(monkeypatch, capsys, *arguments):
    """Run the command line in this process; return exit code, stdout, stderr."""
    monkeypatch.setattr(sys, "argv", ["tfapp", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        main()
    out, err = capsys.readouterr()
    return caught.value.code, out, err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "digts"], "Unknown recipe 'digts'. Did you mean 'digits'?"),
        (["run", "digits", "--set", "training.epoch=3"], "Did you mean 'epochs'"),
        (["run", "digits", "--set", "model.name=resnet"], "Unknown model 'resnet'"),
        (["list", "modles"], "Unknown list 'modles'. Did you mean 'models'?"),
        (["evaluate", "nothing"], "No run 'nothing'"),
        (["board"], "No runs below"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(
    monkeypatch, capsys, tmp_path, arguments, message
):
    """Each mistake is one line on stderr; stdout stays empty."""
    monkeypatch.chdir(tmp_path)
    code, out, err = call(monkeypatch, capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("tfapp: error: ")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["dance"], ["run"], ["fit", "x", "--minutes=-1"]]
)
def test_usage_mistakes_exit_with_2(monkeypatch, capsys, arguments):
    """A verb or option that does not exist is explained with exit code 2."""
    code, _, err = call(monkeypatch, capsys, *arguments)
    assert code == 2
    assert err


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "digits", "--set", "training.epoch=3"]]
)
def test_help_and_config_errors_are_quick(arguments):
    """No heavy import: less than half a second of processor time."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "tfapp", *arguments], capture_output=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 0.5


def test_lists_as_json(monkeypatch, capsys):
    """`--json` prints JSON on stdout and nothing else."""
    code, out, _ = call(monkeypatch, capsys, "list", "recipes", "--json")
    assert code == 0
    assert {"name", "summary"} <= set(json.loads(out)[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "nothing"], "there is no 'nothing'"),
        (["fit", "nothing"], "there is no 'nothing'"),
        (["run", "digits", "--set", "data.path=nothing"], "there is no 'nothing'"),
        (["run", "nothing.toml"], "does not exist"),
        (["evaluate", "digits", "--data", "nothing"], "there is no 'nothing'"),
        (["evaluate", "nothing"], "No run 'nothing'"),
        (["predict", "saved_models/digits", "nothing.jpg"], "does not exist"),
        (["predict", "saved_models/nothing", "{photo}"], "No model 'saved_models/not"),
        (["predict", "nothing.keras", "{photo}"], "No model 'nothing.keras'"),
        (["explain", "digits", "nothing.jpg"], "does not exist"),
        (["compare", "nothing"], "No run 'nothing'"),
        (["bundle", "nothing", "--to=x", "--trained-on=y"], "No run 'nothing'"),
        (["serve", "nothing"], "does not exist"),
        (["masks", "nothing", "--to=x"], "nothing"),
        (["tune", "nothing"], "Unknown recipe 'nothing'"),
        (["tune", "{recipe}"], "there is no 'nothing'"),
        (["lr", "nothing"], "Unknown recipe 'nothing'"),
        (["lr", "{recipe}"], "there is no 'nothing'"),
        (["launch", "{recipe}"], "there is no 'nothing'"),
        (["launch", "nothing"], "Unknown recipe 'nothing'"),
        (["export", "nothing", "--format=onnx"], "No run 'nothing'"),
        (["describe", "nothing"], "Nothing to describe: 'nothing'"),
        (["board", "nothing"], "No run 'nothing'"),
        (["runs", "rm", "nothing"], "No run 'nothing'"),
        (["sample", "nothing"], "No run 'nothing'"),
        (["play", "nothing"], "There is no recipe 'nothing'"),
        (["scan", "nothing", "nothing"], "There is no slide 'nothing'"),
        (["stylize", "nothing", "nothing"], "There is no content 'nothing'"),
        (["weights", "fetch", "nothing"], "Unknown extractor 'nothing'"),
    ],
)
def test_wrong_paths_cost_no_seconds(
    monkeypatch, capsys, tmp_path, workspace, photos, arguments, message
):
    """Whatever the verb, TensorFlow does not start for a path where nothing is."""

    def start(*_, **__):
        raise AssertionError("TensorFlow starts")

    house = Path(tfapp.__file__).parent
    for path in house.rglob("*.py"):
        if "import start_tensorflow" in path.read_text(encoding="utf-8"):
            names = path.relative_to(house.parent).with_suffix("").parts
            module = importlib.import_module(".".join(names))
            monkeypatch.setattr(module, "start_tensorflow", start)
    monkeypatch.chdir(workspace[0])
    recipe = tmp_path / "lost.toml"
    recipe.write_text(
        'task = "image_classification"\ndata = { path = "nothing" }\n'
        'model = { name = "small_cnn" }\n'
    )
    files = {"photo": photos / "digit0.png", "recipe": recipe}
    named = [text.format(**files) for text in arguments]
    code, out, err = call(monkeypatch, capsys, *named)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert [path.name for path in (workspace[0] / "runs/digits").iterdir()] == ["1"]


def test_weights_are_listed_and_fetched(monkeypatch, capsys, tmp_path):
    """A file that is here is named; one that cannot be had ends with one line."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("TFAPP_WEIGHTS", "")
    code, out, err = call(monkeypatch, capsys, "weights", "fetch", "mobilenet_v2")
    assert (code, err) == (0, "")
    assert out.strip().endswith("mobilenet_v2.f16.weights.h5")
    rows = json.loads(call(monkeypatch, capsys, "weights", "list", "--json")[1])
    assert {row["name"] for row in rows if row["summary"].startswith("here")} == {
        "inception_small", "mobilenet_v2", "vgg_small"
    }  # fmt: skip
    for name, message in (("vgg", "Did you mean"), ("vgg16", "downloads are off")):
        code, out, err = call(monkeypatch, capsys, "weights", "fetch", name, "-q")
        assert (code, out) == (2, "")
        assert message in err
        assert err.count("\n") == 1


def test_version(monkeypatch, capsys):
    """`--version` prints the version of the package."""
    from tfapp import __version__

    assert call(monkeypatch, capsys, "--version")[1].strip() == __version__


def test_help_lists_every_verb(monkeypatch, capsys):
    """The help names each verb."""
    _, out, _ = call(monkeypatch, capsys, "--help")
    verbs = (
        "run fit check evaluate compare predict explain bundle masks list board weights"
    )
    for verb in [*verbs.split(), "doctor"]:
        assert f" {verb} " in out


def test_evaluate_and_predict_print_figures(monkeypatch, capsys, workspace, photos):
    """Tables for people, JSON for scripts; a bad input file gives exit code 2."""
    folder, _ = workspace
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TFAPP_CACHE", str(folder / "cache"))
    code, out, _ = call(monkeypatch, capsys, "evaluate", "digits", "--json", "-q")
    assert code == 0
    stored = json.loads((folder / "runs/digits/1/metrics.json").read_text())
    assert json.loads(out)["accuracy"] == pytest.approx(stored["accuracy"])
    code, out, _ = call(
        monkeypatch, capsys, "predict", "saved_models/digits", photos / "digit0.png"
    )
    assert (code, "digit0.png" in out) == (0, True)
    code, out, _ = call(
        monkeypatch, capsys, "predict", "saved_models/digits", photos, "--json"
    )
    assert code == 2
    assert [bool(row["error"]) for row in json.loads(out) if "error" in row] == [True]


def test_ctrl_c_in_a_destructor():
    """Python drops what a destructor raises; the command ends all the same."""
    code = """
import signal, time, tfapp.__main__ as command
class Late:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
        sum(range(1000))
def run():
    Late()
    time.sleep(600)
    return 0
command._run = run
command.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (2, "tfapp: error: Interrupted.\n")


@pytest.mark.slow
@pytest.mark.parametrize(("ends", "code"), [("return 7", 7), ("1 / 0", 1)])
def test_the_end_while_a_thread_is_in_tensorflow(ends, code):
    """Python would end such a thread in the middle of C++, which aborts the process."""
    script = f"""
import atexit, threading, tensorflow as tf, tfapp.__main__ as command
started = threading.Event()
def work():
    while True:
        tf.function(tf.square).get_concrete_function(1.0)
        started.set()
def run():
    atexit.register(print, "last words")
    for _ in range(8):
        threading.Thread(target=work, daemon=True).start()
    started.wait()
    {ends}
command._run = run
command.process()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (code, "last words\n")
    assert "terminate called" not in done.stderr
    assert ("ZeroDivisionError" in done.stderr) is (code == 1)


@pytest.mark.slow
def test_ctrl_c_in_the_middle_of_a_real_run(tmp_path):
    """SIGINT while training: one line, exit code 2, nothing exported."""
    import signal

    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tfapp",
            "run",
            "digits",
            "--set",
            "training.epochs=9999",
            "--set",
            "training.patience=0",
        ],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        logs = tmp_path / "runs" / "digits" / "1" / "logs"
        deadline = time.monotonic() + 90
        while not logs.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == ""
    assert err.splitlines()[-1].startswith("tfapp: error: Interrupted.")
    assert "Traceback" not in err
    assert not re.search(r"^[IWEF]\d{4} |absl|oneDNN|WARNING", err, re.MULTILINE)
    status = json.loads((tmp_path / "runs/digits/1/status.json").read_text())
    assert status["status"] == "interrupted"
    assert not (tmp_path / "saved_models").exists()
