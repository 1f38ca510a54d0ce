"""Tables of captions: what is recognised, what is read, and what is left out."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from tests.domains.images.captioning.tiny import folder_of, photo, write_table
from tfapp.base.errors import DataError
from tfapp.data import check_data, load_dataset
from tfapp.data.detection import detect
from tfapp.data.spec import Pass
from tfapp.domains.images.captioning.check import check_scenes
from tfapp.domains.images.captioning.plan import plan
from tfapp.domains.images.captioning.scenes import UNSEEN, Thing, sentence
from tfapp.recipes.config import DataConfig
from tfapp.recipes.plan import Machine


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of forty photos with captions."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path / "cache"))
    return folder_of(tmp_path / "photos")


def config(path, kind="image_captions", **options):
    """Return the `[data]` of photos with captions."""
    options = options if kind == "scenes" else {"image_size": [16, 16], **options}
    return DataConfig(kind=kind, path=str(path), batch_size=8, options=options)


def rows_of(place):
    """Return the rows of the table of a place."""
    lines = (place / "captions.csv").read_text().splitlines()[1:]
    return [
        (name, text.strip('"')) for name, _, text in (x.partition(",") for x in lines)
    ]


def test_photos_and_their_captions(place):
    """An example is a photo; its captions are ids of words that end with 0."""
    dataset = load_dataset(config(place, learned_captions=2), seed=0)
    assert sum(map(len, dataset.examples.values())) == 40
    names = dataset.preprocessor.names
    assert dataset.info.labels == ("(end)", *names[1:])
    examples = dataset.examples["train"][:8]
    images, targets = next(iter(dataset.batches(examples, Pass())))
    assert images.shape == (8, 16, 16, 3)
    for example, rows in zip(examples, targets.numpy().astype(int), strict=True):
        own = dataset.captions[example.name]
        assert len(own) == 1 + int(example.name[-6:-4]) % 2
        for words, row in zip(own, rows, strict=False):
            assert tuple(names[i] for i in row if i > 0) == words
            assert row.tolist().count(0) == 1
        assert (rows[len(own) :] == -1).all()
    raw = dataset.raw(examples[0])
    again = type(dataset.preprocessor).from_description(dataset.preprocessor.describe())
    assert again == dataset.preprocessor
    np.testing.assert_array_equal(
        again({"image_bytes": tf.constant([raw["image_bytes"]])})[0], images[0]
    )


def test_recognised(place, tmp_path):
    """A folder and its table hold captions; labels and tags stay what they were."""
    for path in (place, place / "captions.csv"):
        found = detect(str(path))
        assert (found.data, found.task) == ("image_captions", "image_captioning")
        assert "`caption` holds captions: texts of 7 words" in found.why
    assert detect("scenes").data == "scenes"
    rows = rows_of(folder_of(tmp_path / "single", twice=False))
    write_table(place / "captions.csv", [(n, t.split()[1]) for n, t in rows])
    assert detect(str(place / "captions.csv")).data == "images"
    for label in ("cat", "dog"):
        (place / label).mkdir()
        photo(place / label / "1.png", 0)
    assert detect(str(place)).task == "image_classification"
    tags = [
        (n, f"big dog {i % 3}; small cat {i % 4}; tree")
        for i, (n, _) in enumerate(rows)
    ]
    table = write_table(place / "tags.csv", tags, ("path", "what"))
    assert detect(str(table)).task == "image_multilabel"
    names = [(n, f"Great Northern Diver {i % 4}") for i, (n, _) in enumerate(rows)]
    table = write_table(place / "names.csv", names, ("path", "what"))
    assert detect(str(table)).data == "images"
    (place / "only.tsv").write_text("text\n" + "a line of a text\n" * 9)
    with pytest.raises(DataError, match="holds no data"):
        detect(str(place / "only.tsv"))
    texts = [(n, f"{t} next to number {i} of them") for i, (n, t) in enumerate(rows)]
    table = write_table(place / "others.csv", texts, ("file", "what"))
    assert detect(str(table)).data == "image_captions"


@pytest.mark.parametrize(
    ("name", "header", "delimiter", "coding", "options"),
    [
        ("captions.csv", ("image", "caption"), ";", "utf-16", {}),
        ("captions.tsv", ("file", "sentence"), "\t", "latin-1", {}),
        ("captions.txt", ("image", "caption"), ",", "utf-8-sig", {}),
        (
            "Captions.CSV",
            ("photo", "words"),
            "|",
            "utf-8",
            {"delimiter": "|", "path_column": "photo", "label_column": "words"},
        ),
    ],
)
def test_forms_of_tables(place, name, header, delimiter, coding, options):
    """Delimiters, encodings, names of columns, and photos in a folder of their own."""
    rows = [(n, t.replace("stripe", "bañera")) for n, t in rows_of(place)]
    (place / "captions.csv").unlink()
    (place / "Images").mkdir()
    for file in place.glob("*.png"):
        file.rename(place / "Images" / file.name)
    write_table(place / name, rows, header, delimiter, coding)
    assert detect(str(place), options).data == "image_captions"
    dataset = load_dataset(config(place, **options), seed=0)
    assert "bañera" in dataset.preprocessor.words
    assert sum(map(len, dataset.captions.values())) == 60


def test_what_is_left_out(place):
    """Missing photos, photos without captions, empty and endless captions."""
    rows = [(n, t) for n, t in rows_of(place) if n != "39.png"]
    rows += [("gone.png", "a dim stripe, at the top"), ("00.png", "  ")]
    rows += [("01.png", "x " * 2500), ("38.png", "")]
    rows = [row for row in rows if row != ("38.png", rows_of(place)[57][1])]
    write_table(place / "captions.csv", rows)
    report = check_data(config(place))
    kinds = {problem.kind: problem for problem in report.problems}
    assert kinds["missing"].path == "gone.png"
    assert kinds["photo without caption"].path == "39.png"
    assert "line" in kinds["empty caption"].path
    assert "2,500 words; at most 40 are read" in kinds["long caption"].detail
    assert report.facts["longest"] == 10
    loaded = load_dataset(config(place), seed=0)
    assert "gone.png" not in " ".join(map(str, loaded.captions)) or not any(
        e.name.endswith("gone.png") for own in loaded.examples.values() for e in own
    )
    few = write_table(place / "captions.csv", [(n, "") for n, _ in rows])
    with pytest.raises(DataError, match="holds no caption that can be used"):
        load_dataset(config(few), seed=0)
    few.write_bytes(b'image,caption\n00.png,"a\n')
    with pytest.raises(DataError, match="is not a CSV table"):
        load_dataset(config(few), seed=0)
    with pytest.raises(DataError, match="is no table of captions"):
        load_dataset(config(place / "00.png"), seed=0)
    write_table(few, [("00.png", "a b c", "d e f")], ("image", "one", "two"))
    with pytest.raises(DataError, match="column of captions is not recognised"):
        load_dataset(config(few), seed=0)


def test_splits(place):
    """Given splits hold; copies across them are left out, unknown words are named."""
    rows = [(n, t, "train" if int(n[:2]) < 30 else "test") for n, t in rows_of(place)]
    for name in ("31.png", "32.png"):
        (place / name).write_bytes((place / "03.png").read_bytes())
    rows.append(("33.png", "an unheard zebra", "test"))
    header = ("image", "caption", "split")
    write_table(place / "captions.csv", rows, header)
    loaded = load_dataset(config(place), seed=0)
    notes = "\n".join(loaded.notes)
    assert "copy across splits" in notes
    assert (
        "words that no answer can hold: 'an' (1), 'unheard' (1), 'zebra' (1)" in notes
    )
    tested = {example.name[-6:] for example in loaded.examples["test"]}
    held = {example.name[-6:] for example in loaded.examples["train"]}
    assert not ({"31.png", "32.png"} & held) or "03.png" not in tested
    write_table(place / "captions.csv", [*rows, ("00.png", "a b c", "test")], header)
    with pytest.raises(DataError, match=r"line \d+: .*00.png is in 'test' here"):
        load_dataset(config(place), seed=0)
    rows = [(n, t) for n, t, _ in rows]
    write_table(place / "captions.csv", rows)
    free = load_dataset(config(place), seed=0)
    homes = {e.name[-6:]: split for split, own in free.examples.items() for e in own}
    assert len({homes[name] for name in ("03.png", "31.png", "32.png")}) == 1


def test_scenes():
    """Sentences say what lies where; a composition split hides pairs from training."""
    things = [Thing("red", "ring", 0, 0), Thing("blue", "cross", 0, 2)]
    things.append(Thing("white", "square", 2, 1))
    assert sentence(things) == "a red ring left of a blue cross above a white square"
    made = load_dataset(config("scenes", "scenes", count=60, composition=True), seed=3)
    unseen = {" ".join(pair) for pair in UNSEEN}
    for split, examples in made.examples.items():
        for example in examples:
            hides = any(pair in example.target for pair in unseen)
            assert hides == (split == "test")
    assert [len(own) for own in made.examples.values()] == [48, 3, 9]
    plain = load_dataset(config("scenes", "scenes", count=60), seed=0)
    assert plain.info.only_input.shape == (48, 48, 3)
    targets = plain.targets(plain.examples["test"])
    assert targets.shape[1:] == (1, *plain.info.target_shape)


def test_plan(place):
    """Small photos get convolutions of their own, larger ones a pretrained network."""
    report = check_data(config(place))
    small = plan(report, Machine())
    assert small.table["model"]["name"] == "captioner"
    assert "flip" not in small.table["data"].get("augmentation", {})
    facts = {**report.facts, "median_size": (200, 300)}
    large = plan(replace(report, facts=facts), Machine())
    assert large.table["model"]["options"] == {"extractor": "mobilenet_v2"}
    assert large.table["fine_tune"]["head"]["views"] == 2
    assert "left and right are words" in " ".join(large.reasons)


def test_generated_set_is_planned(tmp_path):
    """`fit scenes` needs no table; too few pictures are refused."""
    from tfapp.data.context import LoadContext

    context = LoadContext(config("scenes", "scenes", count=40), 0, None, tmp_path)
    table = plan(check_scenes(context), Machine()).table
    assert "options" not in table["data"]
