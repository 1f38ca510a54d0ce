"""What an exported classifier of recordings takes and answers."""

from tfapp.domains.audio.conversion import as_wav
from tfapp.domains.audio.preprocessor import read_preprocessor
from tfapp.domains.audio.reading.spec import SUFFIXES
from tfapp.export.spec import Interface
from tfapp.problems.classification.interface import class_prediction, class_signatures

INTERFACE = Interface(
    signatures=class_signatures,
    prediction=class_prediction,
    preprocessor=read_preprocessor,
    outputs={"probabilities": "classes"},
    convert=as_wav,
    suffixes=SUFFIXES,
)
