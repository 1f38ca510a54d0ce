"""A network of speech is exported with every decoder; the greedy one by conformance."""

import numpy as np
import pytest
import tensorflow as tf

from tests.domains.audio.recordings import RATE, spoken, write_wav
from tests.domains.audio.verbs.test_transcribe import tone_network
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.domains.audio.preprocessor import AudioPreprocessor
from tfapp.domains.audio.speech.decoding.decoder import Decoder
from tfapp.domains.audio.speech.decoding.ngrams import count_ngrams
from tfapp.domains.audio.speech.interface import INTERFACE
from tfapp.export.exporter import export_model
from tfapp.export.spec import Exported

INFO = DataInfo(
    {"waveform": InputSpec((None,)), "samples": InputSpec((), "int32")},
    (None,),
    3,
    ("<blank>", "a", "b"),
)


@pytest.mark.slow
@pytest.mark.parametrize("ngrams", [None, count_ngrams([[1, 2, 2, 1]], 2, 0.1)])
def test_a_search_is_exported(tmp_path, ngrams):
    """Raw recordings have the texts and times of the decoder outside of it."""
    decoder = Decoder(4, ngrams)
    network = tone_network()
    exported = Exported(
        network, AudioPreprocessor(RATE), INFO, calibration=decoder.describe()
    )
    files = [
        write_wav(tmp_path / f"{text}.wav", spoken(text, 3)).read_bytes()
        for text in ("abba", "b")
    ]
    examples = [{"audio_bytes": data} for data in files]
    place = tmp_path / "saved_models" / "ears" / "1"
    export_model(exported, INTERFACE, place, examples=examples)
    served = tf.saved_model.load(str(place)).signatures["serving_default"]
    for data in files:  # one at a time: this network hears what fills up a batch
        answer = served(audio_bytes=tf.constant([data]))
        inputs = exported.preprocessor({"audio_bytes": tf.constant([data])})
        ids, frames = decoder(np.asarray(network(inputs))[0])
        text = "".join(INFO.labels[i] for i in ids)
        assert text == answer["text"].numpy()[0].decode() != ""
        times = answer["times"].numpy()[0]
        hop = network.get_layer("log_mel").hop / RATE
        np.testing.assert_allclose(times[times >= 0], frames * hop, rtol=1e-6)
