"""Connected objects."""

import numpy as np

from tfapp.domains.images.segmentation.objects import label_objects


def test_objects_are_connected_by_sides_and_of_one_class():
    """Corners do not connect; two classes side by side are two objects."""
    classes = np.array([[1, 0, 2], [0, 1, 2], [1, 1, 0]], np.uint8)
    objects, count = label_objects(classes)
    assert count == 3
    assert objects[0, 0] not in (0, objects[1, 1])
    assert objects[1, 1] == objects[2, 0]
    assert objects[0, 2] == objects[1, 2] != objects[1, 1]
    assert (objects == 0).sum() == 3


def test_nothing_but_background():
    """No object is no error."""
    objects, count = label_objects(np.zeros((2, 3), np.uint8))
    assert count == 0
    assert not objects.any()
