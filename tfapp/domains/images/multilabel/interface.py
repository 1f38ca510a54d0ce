"""What an exported network takes and answers that gives images tags."""

from tfapp.domains.images.interface import image_interface
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.vectors.interface import vector_signatures
from tfapp.export.spec import Exported, Signature
from tfapp.problems.multilabel.interface import tag_answers, tag_prediction


def _signatures(exported: Exported) -> dict[str, Signature]:
    return vector_signatures(exported, tag_answers)


INTERFACE = image_interface(
    signatures=_signatures,
    prediction=tag_prediction,
    preprocessor=ImagePreprocessor.from_description,
    outputs={"probabilities": "tags"},
)
