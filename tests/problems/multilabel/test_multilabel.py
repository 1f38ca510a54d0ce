"""Tags against the truth: figures, thresholds, strata, baselines and answers."""

import csv
import io
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest
from sklearn import metrics as sk

from tfapp.base.errors import DataError, TrainingError
from tfapp.comparison.resampling import stretch
from tfapp.data.spec import DataInfo, Example, InputSpec
from tfapp.data.split import make_split
from tfapp.problems.multilabel.baselines import tag_baselines
from tfapp.problems.multilabel.interface import tag_prediction
from tfapp.problems.multilabel.metrics import TagAnswers, tag_metrics
from tfapp.problems.multilabel.resampling import resample
from tfapp.problems.multilabel.results import evaluate_tagger, tag_metric
from tfapp.problems.multilabel.sections import tag_sections
from tfapp.problems.multilabel.tags import (
    joined,
    require_learnable,
    require_trained_tags,
    stratified,
    tag_rows,
    tags_of,
)
from tfapp.problems.multilabel.thresholds import choose_thresholds
from tfapp.recipes.config import SplitConfig
from tfapp.tasks.spec import no_features

METRIC = tag_metric("images")
SPLITS = {"train": 120, "validation": 80, "test": 100}
NAMES = ("ant", "field", "tree")


@dataclass
class Tagged:
    """A dataset of tags that depend on three features, and one that is rare."""

    sizes: dict = field(default_factory=lambda: dict(SPLITS))

    def __post_init__(self):
        random = np.random.default_rng(0)
        self.rows, self.logits, self.examples = {}, {}, {}
        for split, size in self.sizes.items():
            rows = random.normal(size=(size, 3))
            logits = 3 * rows + np.array([0.5, 0.0, -2.5])
            truth = random.random((size, 3)) < 1 / (1 + np.exp(-logits))
            self.rows[split], self.logits[split] = rows, logits
            self.examples[split] = tuple(
                Example(
                    f"{split}/{i}",
                    split,
                    content_hash=f"{split}{i}",
                    target=joined(np.array(NAMES)[own]),
                )
                for i, own in enumerate(truth)
            )
        self.info = DataInfo({"image": InputSpec((900, 900))}, (), 3, NAMES)

    def targets(self, examples):
        """Return rows of 0 and 1."""
        return tag_rows(examples, NAMES)

    def outputs(self, split):
        """Return logits with some noise."""
        random = np.random.default_rng(1)
        return self.logits[split] + random.normal(size=self.logits[split].shape)

    def features(self, split):
        """Return what the tags depend on."""
        return self.rows[split].astype(np.float32)


@pytest.fixture(scope="module")
def tagged():
    """One dataset for all tests, which change nothing."""
    return Tagged()


@pytest.fixture(scope="module")
def results(tagged):
    """Its results."""
    return evaluate_tagger(METRIC, tagged.outputs, tagged, None)


def test_figures_are_those_of_scikit_learn(tagged, results):
    """Average precision, F1 micro and macro, precision and recall of each tag."""
    truth = tagged.targets(tagged.examples["test"]).astype(bool)
    answers, figures = results.evidence, results.figures
    chosen = answers.probabilities >= results.calibration["thresholds"]
    expected = {
        "map": sk.average_precision_score(truth, answers.probabilities),
        "micro_f1": sk.f1_score(truth, chosen, average="micro"),
        "macro_f1": sk.f1_score(truth, chosen, average="macro"),
        "exact_match": sk.accuracy_score(truth, chosen),
    }
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value), name
        low, high = figures[f"{name}_interval"]
        assert 0 <= low < value < high <= 1
    for tag, row in enumerate(figures["per_tag"].values()):
        of_tag = truth[:, tag], chosen[:, tag]
        assert row["precision"] == pytest.approx(sk.precision_score(*of_tag))
        assert row["recall"] == pytest.approx(sk.recall_score(*of_tag))
        assert row["f1"] == pytest.approx(sk.f1_score(*of_tag))


def test_scores_are_those_of_the_figure(results):
    """The weighted mean of scores.csv is the primary metric, as `compare` reads it."""
    table = results.scores
    weight = table.header.index("weight")
    pairs = [(float(row[2]), float(row[weight])) for row in table.rows]
    total = sum(s * w for s, w in pairs) / sum(w for _, w in pairs)
    assert total == pytest.approx(results.figures["micro_f1"])
    text = io.StringIO()
    csv.writer(text).writerows(table.rows)
    assert ";" in text.getvalue()


def test_intervals_hold_what_other_test_sets_give(tagged, results):
    """The bootstrap's width is that of figures of sets that were drawn anew."""
    drawn = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        rows = random.normal(size=(100, 3))
        logits = 3 * rows + np.array([0.5, 0.0, -2.5])
        truth = random.random((100, 3)) < 1 / (1 + np.exp(-logits))
        noisy = logits + random.normal(size=logits.shape)
        thresholds = np.array(results.calibration["thresholds"])
        answers = TagAnswers(NAMES, truth, 1 / (1 + np.exp(-noisy)), thresholds)
        plain = resample(truth, answers.probabilities, answers.chosen, draws=0)
        drawn.append([plain.micro_f1[0], plain.map[0]])
    for key, values in zip(("micro_f1", "map"), np.transpose(drawn), strict=True):
        low, high = results.figures[f"{key}_interval"]
        width = 2 * 1.96 * values.std(ddof=1)
        assert (high - low) * stretch(100) == pytest.approx(width, rel=0.5), key


def test_equal_scores_are_one_place_of_the_ranking():
    """A constant answer has the share of the tag as average precision."""
    truth = np.array([[True], [False], [False], [True], [False]])
    same = np.full((5, 1), 0.3)
    plain = resample(truth, same, same > 0.5, draws=0)
    assert plain.map[0] == pytest.approx(0.4)
    assert plain.micro_f1[0] == 0


def test_tags_that_do_not_occur(tagged):
    """Means are over the others, and a note says so; no tag at all is refused."""
    examples = {**tagged.examples}
    examples["test"] = tuple(e for e in examples["test"] if "tree" not in e.target)
    others = Tagged()
    others.examples = examples
    kept = [int(e.name.split("/")[1]) for e in examples["test"]]

    def outputs(split):
        return tagged.outputs(split)[kept] if split == "test" else tagged.outputs(split)

    results = evaluate_tagger(METRIC, outputs, others, None)
    assert results.figures["tags_tested"] == 2
    assert results.figures["per_tag"]["tree"]["average_precision"] is None
    assert "1 of 3 tags have no test example (tree)" in results.notes[0]
    others.examples = {**examples, "test": ()}
    with pytest.raises(DataError, match="None of the 0 test images has a tag"):
        evaluate_tagger(METRIC, outputs, others, None)


def test_answers_that_are_not_finite():
    """They are an error of the training."""
    nan = np.full((3, 2), np.nan)
    answers = TagAnswers(("a", "b"), np.eye(3, 2) > 0, nan, np.full(2, 0.5))
    with pytest.raises(TrainingError, match="not finite"):
        tag_metrics(answers)


def test_thresholds_have_the_best_f1():
    """No other threshold is better on held-out examples; few examples choose none."""
    random = np.random.default_rng(0)
    truth = random.random((200, 2)) < (0.2, 0.01)
    chances = np.clip(0.2 * truth + 0.3 * random.random((200, 2)), 0, 1)
    first, second = choose_thresholds(chances, truth)
    scores = [
        sk.f1_score(truth[:, 0], chances[:, 0] >= cut) for cut in np.linspace(0, 1, 999)
    ]
    assert sk.f1_score(truth[:, 0], chances[:, 0] >= first) >= max(scores)
    assert second == 0.5
    perfect = choose_thresholds(truth[:, :1] * 0.8 + 0.1, truth[:, :1])
    assert perfect == [pytest.approx(0.5)]


def test_rare_tags_are_in_every_part():
    """Three examples of a tag are one in each split, whatever else they have."""
    random = np.random.default_rng(0)
    examples = []
    for i in range(200):
        tags = {name for name in "abc" if random.random() < 0.4}
        tags |= {"rare"} if i % 60 == 7 else set()
        target = joined(tags)
        examples.append(Example(f"{i}", content_hash=f"{i}", target=target))
    for seed in range(5):
        shares = SplitConfig(validation=0.2, test=0.2, seed=seed)
        split = make_split(stratified(examples), shares)
        counts = Counter((t, e.split) for e in split for t in tags_of(e))
        assert all(counts["rare", s] for s in ("train", "validation", "test"))
        for tag in "abc":
            whole = sum(counts[tag, s] for s in ("train", "validation", "test"))
            assert counts[tag, "test"] / whole == pytest.approx(0.2, abs=0.06)


def test_baselines(tagged, results):
    """The same tags for all, and a regression for each tag; both with intervals."""
    simple, logistic = tag_baselines(results, tagged, tagged.features)
    truth = tagged.targets(tagged.examples["test"])
    best = max(
        sk.f1_score(truth, np.tile(own, (len(truth), 1)), average="micro")
        for own in ([1, 0, 0], [1, 1, 0], [1, 1, 1])
    )
    assert simple.value == pytest.approx(best, abs=0.02)
    assert simple.others["map"] == pytest.approx(truth.mean())
    assert simple.margin[0] > 0
    assert logistic.name == "logistic regression on the same features"
    assert logistic.interval[0] < logistic.value < logistic.interval[1]
    assert logistic.value > simple.value
    assert tag_baselines(results, tagged, no_features)[1:] == ()


def test_sections(tagged, results):
    """A table of each tag's figures, and one of how many examples have it."""
    (section,) = tag_sections(results, tagged)
    columns, counts = section.blocks
    assert columns.blocks[1].rows[0][0] == "ant"
    assert counts.rows[-1] == ("all", "120", "80", "100", "300")


def test_predictions_are_words_and_columns():
    """The likeliest tag first; without any, the likeliest is named."""
    row = {
        "tags": np.array([b"ant", b"field", b"tree"], object),
        "probabilities": np.array([0.71, 0.93, 0.2], np.float32),
        "chosen": np.array([True, True, False]),
    }
    prediction = tag_prediction(row)
    assert prediction.text == "field, ant (0.93, 0.71)"
    assert prediction.columns["tags"] == "field;ant"
    assert prediction.columns["probabilities"]["tree"] == pytest.approx(0.2)
    none = tag_prediction({**row, "chosen": np.zeros(3, bool)})
    assert none.text == "no tag (likeliest: field, 0.93)"
    assert none.columns["tags"] == ""


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (("", "", ""), "none of the 3 images has a tag"),
        (("a", "", "a"), r"single tag 'a'\. Expected two or more"),
        (("a;b", "a;b", "a;b"), "all 3 training images have all 2 tags"),
    ],
)
def test_tags_that_cannot_be_learned(targets, message):
    """No tags, one tag, and all tags everywhere are refused."""
    examples = [Example(f"{i}", target=target) for i, target in enumerate(targets)]
    names = sorted({tag for e in examples for tag in tags_of(e)})
    with pytest.raises(DataError, match=message):
        require_learnable("table", names, examples, "images")


def test_tags_that_training_lacks():
    """Those of another split are refused, and names that no example has."""
    examples = [Example("0", "train", target="a"), Example("1", "test", target="a;b")]
    with pytest.raises(DataError, match=r"tags \['b'\] occur in test but not in train"):
        require_trained_tags("table", examples)
    with pytest.raises(DataError, match=r"no training example has the tags \['b'\]"):
        require_learnable("table", ["a", "b"], examples[:1], "images")
