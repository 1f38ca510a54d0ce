"""Words of texts in any script, and Kim's clean_str written again in Python."""

import re

import pytest

from tfapp.base.errors import UnknownNameError
from tfapp.domains.text.words.tokenizers import tokenized, tokenizer

TEXTS = [
    "It's Kim's (2014) \"CNN\", isn't it?!  We've seen `better', they'd say...",
    "tab\there; NEW\nline & naïve café -- 50% of 3.14",
    "you'll won't i'm they're",
    "",
]


def clean_str(text):
    """Kim's function, as his process_data.py has it."""
    text = re.sub(r"[^A-Za-z0-9(),!?\'\`]", " ", text)
    for ending in ("'s", "'ve", "n't", "'re", "'d", "'ll"):
        text = re.sub(ending, f" {ending}", text)
    for mark in ",!()?":
        text = text.replace(mark, f" {mark} ")
    return re.sub(r"\s{2,}", " ", text).strip().lower()


def test_kim_is_clean_str():
    """The operations of the graph cut as the Python function does."""
    assert tokenized("kim", TEXTS) == [clean_str(text).split() for text in TEXTS]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't say 'no'", "do n't say ' no '"),
        ("It’s l'amour", "it 's l ' amour"),
        ("CAFÉ Ünï ΣΟΦΟΣ", "café ünï σοφος"),
        ("שלום\u200f! مرحبا", "שלום ! مرحبا"),
        ("great 👍🏽👩\u200d💻!", "great 👍 🏽 👩 💻 !"),
        ("我喜欢film", "我 喜 欢 film"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("a\x00b\ufe0f\x01c", "a b c"),
        (" \n\t ", ""),
    ],
)
def test_words_of_any_script(text, words):
    """Letters and marks make words, signs stand alone, invisible ones are gone."""
    assert tokenized("words", [text]) == [words.split()]


def test_bytes_that_are_no_text():
    """Broken UTF-8 separates words, and is no error."""
    found = tokenizer("words")([b"good \xff\xfe \xc3 film\xc3"]).to_list()
    assert found == [[b"good", b"film"]]


def test_texts_that_are_cut_already():
    """By spaces alone nothing else changes; other names are refused."""
    assert tokenized("spaces", ["New York 's  IN"]) == [["New", "York", "'s", "IN"]]
    with pytest.raises(UnknownNameError, match="tokenizer"):
        tokenizer("letters")
