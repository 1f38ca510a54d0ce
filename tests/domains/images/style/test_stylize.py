"""`tfapp stylize` from files to a picture, a page, and a resumed run."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import tfapp
from tfapp.base.errors import ConfigError, DataError, TfappError
from tfapp.base.reporter import Reporter
from tfapp.cli import app
from tfapp.domains.images.style.workload import Drawing

QUIET = Reporter(quiet=True)
QUICK = ["runtime.checkpoint_seconds=0", "task_options.look=3"]
QUICK += [
    "task_options.style_layers=['block1_relu1','block2_relu1']",
    "task_options.content_layers=['block2_relu1']",
]


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Pictures: content, two styles, a mask whose right half is white."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for name, shape in {
        "content": (60, 90),
        "style": (80, 64),
        "other": (64, 64),
    }.items():
        small = random.integers(
            0, 256, (shape[0] // 4, shape[1] // 4, 3), dtype="uint8"
        )
        Image.fromarray(small).resize(shape[::-1]).save(folder / f"{name}.png")
    mask = np.zeros((60, 90), np.uint8)
    mask[:, 45:] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    return folder


def draw(files, where, *, content="content.png", styles=("style.png",), **options):
    """Draw in a few evaluations, and return the run."""
    options = {"size": 64, "steps": 6, "overrides": QUICK} | options
    return tfapp.stylize(
        files / content,
        [files / style for style in styles],
        runs_folder=where / "runs",
        reporter=QUIET,
        **options,
    )


def pixels(run, name="content"):
    """Return the picture that a run drew."""
    return np.asarray(Image.open(run.folder / "pictures" / f"{name}.png"))


@pytest.mark.slow
def test_command_draws_a_picture(files, tmp_path):
    """The file, its texts, the sheet, the page and the figures are there."""
    out = tmp_path / "out" / "drawn.png"
    arguments = ["stylize", str(files / "content.png"), str(files / "style.png")]
    arguments += ["-o", str(out), "--size", "64", "--steps", "6", "--seed", "5", "-q"]
    arguments += ["--runs", str(tmp_path / "runs")]
    for override in QUICK:
        arguments += ["--set", override]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    with Image.open(out) as image:
        assert image.size == (64, 43)
        assert image.text["Seed"] == "5"
        assert image.text["Command"]
        assert 'task = "neural_style"' in image.text["Recipe"]
    folder = tmp_path / "runs" / "style" / "1"
    assert len([*(folder / "looks").glob("*.jpg")]) == 2
    assert (folder / "sheet.jpg").is_file()
    page = (folder / "report.html").read_text()
    assert "style block1_relu1" in page
    metrics = json.loads((folder / "metrics.json").read_text())
    assert 0 < metrics["style_loss"] < metrics["style_loss_of_content"]
    assert [*(folder / "logs").rglob("*tfevents*")]
    assert "style/1" in {row.name for row in tfapp.list_runs(tmp_path / "runs")}
    for verb in (
        tfapp.evaluate,
        lambda run, **where: tfapp.predict(run, [out], **where),
    ):
        with pytest.raises(TfappError):
            verb("style", runs_folder=tmp_path / "runs", reporter=QUIET)


@pytest.mark.slow
def test_killed_run_draws_the_same_picture(files, tmp_path, monkeypatch):
    """After a kill at the finer size the resumed run ends with equal pixels."""
    options = {"size": 160, "steps": 4}
    whole = draw(files, tmp_path / "whole", **options)
    advance, calls = Drawing.advance, []

    def die(self):
        calls.append(1)
        if len(calls) == 6:
            raise Killed
        return advance(self)

    with monkeypatch.context() as patch:
        patch.setattr(Drawing, "advance", die)
        with pytest.raises(Killed):
            draw(files, tmp_path / "killed", **options)
    resumed = tfapp.resume(
        "style", runs_folder=tmp_path / "killed" / "runs", reporter=QUIET
    )
    np.testing.assert_array_equal(pixels(resumed), pixels(whole))
    looks = [p.name for p in (whole.folder / "looks").iterdir()]
    assert sorted(looks) == sorted(p.name for p in (resumed.folder / "looks").iterdir())


@pytest.mark.nightly
def test_colours_masks_starts_and_frames(files, tmp_path):
    """Every option changes what it should and nothing else."""
    content = Image.open(files / "content.png").resize(
        (64, 43), Image.Resampling.LANCZOS
    )
    content = np.asarray(content).astype(int)
    kept = pixels(draw(files, tmp_path, keep_color=True)).astype(int)
    inside = (kept > 0).all(-1) & (kept < 255).all(-1)
    differences = (kept - content)[inside]
    assert np.ptp(differences, axis=-1).max() <= 2, "all channels change alike"
    masked = pixels(draw(files, tmp_path, masks=[files / "mask.png"])).astype(int)
    assert np.abs(masked - content)[:, :28].max() <= 1
    assert np.abs(masked - content)[:, 40:].max() > 8
    first, second = (
        pixels(draw(files, tmp_path, start="noise", seed=seed, optimizer="adam"))
        for seed in (1, 2)
    )
    assert (first != second).any()
    two = draw(files, tmp_path, styles=("style.png", "other.png"), shares=[2, 1])
    assert (pixels(two) != pixels(draw(files, tmp_path))).any()
    frames = tmp_path / "frames"
    frames.mkdir()
    for name in ("a", "b"):
        Image.open(files / "content.png").save(frames / f"{name}.png")
    run = draw(files, tmp_path, content=frames)
    assert (pixels(run, "a") != pixels(run, "b")).any(), "b goes on from a"


@pytest.mark.slow
def test_bad_inputs_are_refused_in_one_line(files, tmp_path, monkeypatch):
    """Each mistake names the file or the option, and the way out."""
    random = np.random.default_rng(0)
    Image.fromarray(random.integers(0, 255, (20, 20, 3), "uint8")).save(
        tmp_path / "tiny.png"
    )
    Image.new("RGB", (4000, 60), "red").save(tmp_path / "narrow.png")
    Image.new("L", (64, 64)).save(tmp_path / "black.png")
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty").mkdir()
    style = [files / "style.png"]
    cases = [
        (("nowhere.png", style), {}, DataError, "no content 'nowhere.png'"),
        ((files / "content.png", [tmp_path / "x.png"]), {}, DataError, "no style"),
        ((files / "content.png", [files]), {}, DataError, "is a folder"),
        ((tmp_path / "empty", style), {}, DataError, "holds no picture"),
        ((tmp_path / "tiny.png", style), {}, DataError, "too small: 20x20"),
        ((tmp_path / "narrow.png", style), {}, ConfigError, "too narrow at size"),
        ((tmp_path / "text.png", style), {}, DataError, "cannot be read"),
        ((files / "style.png", style), {}, DataError, "content .* itself"),
        ((files / "content.png", []), {}, ConfigError, "at least one picture"),
        ((files / "content.png", style), {"size": 9}, ConfigError, "64 to 8192"),
        ((files / "content.png", style), {"steps": 0}, ConfigError, "at least 1"),
        (
            (files / "content.png", style),
            {"shares": [1, 2]},
            ConfigError,
            "one for each of the 1 styles",
        ),
        (
            (files / "content.png", style),
            {"masks": [tmp_path / "black.png"]},
            DataError,
            "is black",
        ),
        (
            (files / "content.png", style),
            {"optimizer": "sgd"},
            ConfigError,
            "'lbfgs' or 'adam'",
        ),
        (
            (files / "content.png", style),
            {"extractor": "vgg91"},
            TfappError,
            "vgg",
        ),
        (
            (files / "content.png", style),
            {
                "extractor": "vgg16",
                "overrides": ["model.options.weights=tiny_imagenet"],
            },
            TfappError,
            "no weights",
        ),
    ]
    for arguments, options, kind, text in cases:
        with pytest.raises(kind, match=text) as error:
            tfapp.stylize(
                *arguments, runs_folder=tmp_path / "runs", reporter=QUIET, **options
            )
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_is_read(tmp_path, mode):
    """Grey, transparent, CMYK and 16-bit pictures come as 8-bit RGB."""
    from tfapp.domains.images.style.pictures import read_picture

    suffix = "tif" if mode == "CMYK" else "png"
    if mode == "I;16":
        image = Image.fromarray(np.full((50, 50), 40_000, np.uint16))
    else:
        image = Image.new("RGB", (50, 50), (200, 100, 50)).convert(mode)
    image.save(tmp_path / f"a.{suffix}")
    read = read_picture(tmp_path / f"a.{suffix}", "content")
    assert read.shape == (50, 50, 3)
    assert read.dtype == np.uint8
