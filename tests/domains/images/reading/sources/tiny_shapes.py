"""A data set builder for TensorFlow Datasets that makes its images itself."""

import numpy as np
import tensorflow_datasets as tfds
from etils import epath


class TinyShapes(tfds.core.GeneratorBasedBuilder):
    """Squares of one colour; the test split is brighter, so that leaks would show."""

    # A module that belongs to no package has to say where its files would be.
    pkg_dir_path = epath.Path(__file__).parent
    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(None, None, 3), encoding_format="png"),
            "label": tfds.features.ClassLabel(names=["red", "blue"]),
        }
        return tfds.core.DatasetInfo(
            builder=self, features=tfds.features.FeaturesDict(features)
        )

    def _split_generators(self, dl_manager):
        return {"train": self._squares(6, 100), "test": self._squares(4, 200)}

    def _generate_examples(self):
        raise NotImplementedError

    def _squares(self, count, brightness):
        for number in range(count):
            image = np.zeros((8, 9, 3), np.uint8)
            image[..., number % 2 * 2] = brightness + number
            yield number, {"image": image, "label": number % 2}
