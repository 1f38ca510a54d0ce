"""Clips from files of video, GIFs and folders of frames; what is wrong with them."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.domains.volumes.tiny import write_frames, write_gif
from tfapp.base.errors import ConfigError, DataError
from tfapp.data import check_data, load_dataset, load_test_only
from tfapp.data.detection import detect
from tfapp.data.spec import Pass
from tfapp.domains.volumes.clips.decoding import ClipError, read_clip
from tfapp.domains.volumes.clips.motion import ORDERS, moving_dots
from tfapp.domains.volumes.clips.preprocessor import ClipPreprocessor
from tfapp.domains.volumes.clips.sampling import (
    ClipLayout,
    fit_frame,
    order_frames,
    sample_frames,
)
from tfapp.domains.volumes.voxels.grid_files import encoded_grid
from tfapp.recipes.config import DataConfig

SMALL = ClipLayout(4, 8, 8, 1)


def config(path, **options):
    """Return how a place is loaded."""
    small = {"frames": 4, "image_size": [8, 8], "channels": 1}
    options = small | options
    return DataConfig(kind="clips", path=str(path), options=options, batch_size=8)


def rising(count, side=8):
    """Return frames each of which is brighter than the one before."""
    steps = np.linspace(10, 250, count).astype(np.uint8)
    return [np.full((side, side), step, np.uint8) for step in steps]


@pytest.mark.parametrize(
    ("times", "rate", "chosen"),
    [
        (range(8), 0, [1, 3, 5, 7]),
        (range(4), 0, [0, 1, 2, 3]),
        (range(2), 0, [0, 0, 1, 1]),
        ([0, 1, 2, 3, 4, 5, 6, 7], 1, [2, 3, 4, 5]),
        ([0, 1, 2, 3, 4, 5, 6, 7], 2, [3, 3, 4, 4]),
        # the fourth frame stays for ten seconds, so two of the wanted moments are its
        ([0, 1, 2, 3, 13, 14, 15, 16], 0, [2, 3, 3, 7]),
        ([0.0, 0.5], 8, [0, 0, 1, 1]),
    ],
)
def test_frames_are_chosen_by_their_time(times, rate, chosen):
    """Of each wanted moment that frame counts which is shown then."""
    times = [float(time) for time in times]
    assert sample_frames(times, ClipLayout(4, 8, 8, 1, rate)) == chosen


def test_frames_of_other_proportions_lose_their_sides():
    """The middle is scaled; odd sizes are no trouble."""
    wide = np.zeros((7, 21, 3), np.uint8)
    wide[:, 7:14] = 200
    shown = fit_frame(Image.fromarray(wide), ClipLayout(2, 8, 8, 3))
    assert shown.shape == (8, 8, 3)
    assert (shown[:, 1:-1] == 200).all()
    shuffled = ClipLayout(4, 8, 8, 1, shuffled=True)
    clip = np.arange(4)
    orders = {tuple(order_frames(clip, shuffled, key)) for key in range(60)}
    assert len(orders) > 15
    assert order_frames(clip, SMALL, 1) is clip
    with pytest.raises(ConfigError, match=r"data\.options\.frames` must be from 2"):
        ClipLayout(1, 8, 8, 1)


def test_gifs_and_folders_of_frames(tmp_path):
    """Both give the frames in order; a GIF's own delays count, frame10 follows 9."""
    write_gif(tmp_path / "a.gif", rising(8), [100, 100, 100, 100, 100, 100, 900, 100])
    even = [f[0, 0, 0] for f in read_clip(tmp_path / "a.gif", SMALL).frames]
    assert even == [rising(8)[i][0, 0] for i in (2, 6, 6, 7)]
    write_frames(tmp_path / "a", rising(12))
    clip = read_clip(tmp_path / "a", SMALL)
    assert clip.length == 12
    assert (np.diff(clip.frames[:, 0, 0, 0].astype(int)) > 0).all()
    assert clip.frames[-1, 0, 0, 0] == rising(12)[10][0, 0]


def write_video(path, frames, times=None, rotate=0):
    """Write frames as a video, at times in thousandths of a second."""
    av = pytest.importorskip("av", reason="the extra 'video' is not installed")
    from fractions import Fraction

    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.bit_rate = 4_000_000
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.stack([pixels] * 3, -1), "rgb24")
            frame.pts = 40 * number if times is None else times[number]
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_silence(path):
    """Write a file of sound without pictures."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        silence = np.zeros((1, 800), np.int16)
        frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def half_bright(count):
    """Return frames whose upper half is bright."""
    frame = np.full((32, 32), 16, np.uint8)
    frame[:16] = 235
    return [frame] * count


def rotated(path):
    """Write into a video's header that it is to be turned clockwise by a quarter."""
    content = path.read_bytes()
    one, ends = 1 << 16, (1 << 30).to_bytes(4, "big")
    plain, turn = (one, 0, 0, 0, one, 0, 0, 0), (0, one, 0, 2**32 - one, 0, 0, 0, 0)
    plain, turn = (b"".join(n.to_bytes(4, "big") for n in m) for m in (plain, turn))
    place = content.index(plain + ends, content.index(b"tkhd"))
    path.write_bytes(content[:place] + turn + content[place + len(turn) :])
    return path


def test_videos_with_a_variable_rate_and_a_broken_tail(tmp_path):
    """Frames count by their own times; what is cut off leaves the rest."""
    frames = rising(8, 32)
    steady = write_video(tmp_path / "a.mp4", frames)
    levels = read_clip(steady, SMALL).frames[:, 0, 0, 0].astype(int)
    np.testing.assert_allclose(levels, [frames[i][0, 0] for i in (1, 3, 5, 7)], atol=6)
    slow = [0, 100, 200, 300, 400, 500, 600, 3000]
    varied = write_video(tmp_path / "b.mkv", frames, slow)
    levels = read_clip(varied, SMALL).frames[:, 0, 0, 0].astype(int)
    expected = [frames[i][0, 0] for i in (4, 6, 6, 7)]
    np.testing.assert_allclose(levels, expected, atol=6)
    turned = rotated(write_video(tmp_path / "t.mp4", half_bright(8)))
    upright = read_clip(turned, SMALL).frames[0, :, :, 0]
    assert upright[:, 6:].mean() > 200 > 40 > upright[:, :2].mean()
    noise = [np.random.default_rng(i).integers(0, 255, (64, 64)) for i in range(30)]
    whole = write_video(tmp_path / "c.avi", [n.astype(np.uint8) for n in noise])
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) // 2])
    assert 2 <= read_clip(whole, SMALL).length < 30
    with pytest.raises(ClipError, match="no video"):
        read_clip(write_silence(tmp_path / "e.mkv"), SMALL)
    (tmp_path / "d.mp4").write_bytes(b"no video at all")
    with pytest.raises(ClipError, match="unreadable"):
        read_clip(tmp_path / "d.mp4", SMALL)


def test_bad_clips_are_named(tmp_path):
    """One frame, no picture, a copy: each has its line; the rest is loaded."""
    for label in ("up", "down"):
        (tmp_path / label).mkdir()
        for number in range(8):
            frames = [f + number for f in rising(5)][:: 1 if label == "up" else -1]
            write_gif(tmp_path / label / f"{number}.gif", frames)
    write_gif(tmp_path / "up" / "copy.gif", rising(5))
    write_gif(tmp_path / "up" / "still.gif", rising(1))
    (tmp_path / "down" / "text.gif").write_text("no picture")
    write_frames(tmp_path / "down" / "frames", rising(5, 9))
    report = check_data(config(tmp_path))
    kinds = {p.kind: p.path.rsplit("/", 1)[-1] for p in report.problems}
    assert kinds["no clip"] == "still.gif"
    assert kinds["unreadable"] == "text.gif"
    assert {"duplicate", "conflicting labels"} & kinds.keys()
    dataset = load_dataset(config(tmp_path), seed=0)
    examples = dataset.examples["train"]
    clips, _ = next(dataset.batches(examples, Pass()).as_numpy_iterator())
    raw = {"clip": [dataset.raw(e)["clip"] for e in examples[:8]]}
    np.testing.assert_array_equal(clips, dataset.preprocessor(raw))
    again = load_test_only(
        config(tmp_path),
        dataset.info.labels,
        preprocess=dataset.preprocessor.describe(),
    )
    assert again.preprocessor == dataset.preprocessor
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="holds no clips"):
        load_dataset(config(tmp_path / "none"), seed=0)


def test_the_graph_samples_gifs(tmp_path):
    """A GIF of even delays is sampled in the graph nearly as by Pillow."""
    smooth = np.add.outer(np.arange(24), np.arange(40)) * 3
    frames = [np.clip(smooth + 5 * i, 0, 255).astype(np.uint8) for i in range(9)]
    path = write_gif(tmp_path / "a.gif", frames)
    layout = ClipLayout(4, 8, 8, 1)
    expected = read_clip(path, layout).frames
    made = ClipPreprocessor(layout)
    found = made({"clip": [path.read_bytes(), encoded_grid(expected)]}).numpy()
    np.testing.assert_allclose(found[0], expected, atol=6)
    np.testing.assert_array_equal(found[1], expected)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"received: \(2,2,2\)"):
        made({"clip": [encoded_grid(np.zeros((2, 2, 2)))]})


def test_clips_are_recognised_by_names(tmp_path):
    """Files of video, and folders of frame_0001.png; other pictures are pictures."""
    write_frames(tmp_path / "a" / "up" / "one", rising(3))
    write_gif(tmp_path / "a" / "up" / "two.gif", rising(3))
    assert detect(str(tmp_path / "a")).task == "clip_classification"
    (tmp_path / "b" / "up").mkdir(parents=True)
    (tmp_path / "b" / "up" / "x.mp4").touch()
    assert detect(str(tmp_path / "b")).data == "clips"
    write_frames(tmp_path / "c" / "up" / "one", rising(3), "photo{:04d}.png")
    assert detect(str(tmp_path / "c")).data == "images"
    write_frames(tmp_path / "d" / "train" / "up", rising(3))
    assert detect(str(tmp_path / "d")).data == "images"
    assert detect("motion").task == "clip_classification"


def test_no_set_of_frames_tells_the_motion():
    """Every class passes the same places; orders differ, frames one by one do not."""
    for count in (4, 7, 8, 16):
        orders = [order(count) for order in ORDERS.values()]
        assert all(sorted(order) == list(range(count)) for order in orders)
        assert len({tuple(order) for order in orders}) == 4
    clips = [moving_dots(n, np.random.default_rng(1), 8, (12, 12)) for n in ORDERS]
    means = [np.sort(clip.reshape(8, -1).mean(axis=1)) for clip in clips]
    assert all(abs(mean - means[0]).max() < 5 for mean in means)
    right = moving_dots("right", np.random.default_rng(3), 8, (12, 24)).astype(float)
    shifts = [
        max(range(-3, 4), key=lambda s: (np.roll(a, s, 1) * b).sum())
        for a, b in zip(right, right[1:], strict=False)
    ]
    assert len(set(shifts)) == 1
    assert shifts[0] in (1, 2)
