"""What an exported network takes and answers that gives images tags."""

from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.domains.images.reading.in_memory import encoded_image
from tfapp.domains.images.vectors.interface import vector_signatures
from tfapp.export.spec import Exported, Interface, Signature
from tfapp.problems.multilabel.interface import tag_answers, tag_prediction


def _signatures(exported: Exported) -> dict[str, Signature]:
    return vector_signatures(exported, tag_answers)


INTERFACE = Interface(
    signatures=_signatures,
    prediction=tag_prediction,
    preprocessor=ImagePreprocessor.from_description,
    outputs={"probabilities": "tags"},
    convert=decodable,
    encode=encoded_image,
    suffixes=IMAGE_SUFFIXES,
)
