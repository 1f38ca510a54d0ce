"""Transfer learning in Keras alone; prints images per second as JSON.

Arguments: folder of photos, network, job, photos, epochs, then "bf16" if so, and "once"
for what a careful user writes: the frozen layers computed once for all epochs. Without,
it is the tutorial's way. Speeds are per second, and per second of the processor.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras_names import LAST_BLOCK

SIZE = (224, 224)

SEED = 1


def main() -> None:
    """Measure one job."""
    folder, network, job, photos, epochs, *how = sys.argv[1:]
    keras.utils.set_random_seed(SEED)
    if "bf16" in how:
        keras.config.set_dtype_policy("mixed_bfloat16")
    began = time.monotonic()
    train, held = (data(folder, part) for part in ("training", "validation"))
    way = "_".join(["keras", *how])
    if "once" in how:
        print(json.dumps({way: once(network, job, train, held, photos, epochs)}))
        return
    train = train if job == "accuracy" else train.unbatch().take(int(photos)).batch(32)
    model = build(network, job)
    watch = Watch(began)
    if job == "accuracy":
        model.fit(train, validation_data=held, epochs=int(epochs), callbacks=[watch])
        accuracy = [row["val_accuracy"] for row in watch.rows]
        print(json.dumps({"accuracy": accuracy, "seconds": watch.ends}))
        return
    model.fit(train, epochs=3, callbacks=[watch], verbose=0)
    fastest = [int(photos) / min(times[1:]) for times in (watch.seconds, watch.busy)]
    print(json.dumps({way: fastest}))


def once(
    network: str, job: str, train: Any, held: Any, photos: str, epochs: str
) -> list[float]:
    """Return the speed over all epochs, from the first photo on, when rows are kept."""
    lower, upper = halves(build(network, job), LAST_BLOCK[network])
    began, busy = time.monotonic(), time.process_time()
    train = train.unbatch().take(int(photos)).batch(32)
    rows, labels = computed(lower, train)
    validation = computed(lower, held)
    upper.fit(
        *(rows, labels),
        batch_size=32,
        epochs=int(epochs),
        validation_data=validation,
        verbose=0,
    )
    seen = int(photos) * int(epochs)
    seconds = time.monotonic() - began, time.process_time() - busy
    return [seen / spent for spent in seconds]


def computed(lower: keras.Model, batches: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return what the frozen layers make of all photos, and their labels."""
    pairs = [(lower.predict_on_batch(x), y) for x, y in batches.as_numpy_iterator()]
    rows, labels = zip(*pairs, strict=True)
    return np.concatenate(rows), np.concatenate(labels)


def halves(model: keras.Model, first: str) -> tuple[keras.Model, keras.Model]:
    """Return the frozen layers of a tutorial's model, and the rest of it, compiled."""
    (base,) = (layer for layer in model.layers if isinstance(layer, keras.Model))
    names = [layer.name for layer in base.layers]
    place = names.index(first) if base.trainable else len(names)
    under = keras.Model(base.input, base.layers[place - 1].output)
    before, after = (
        model.layers[: model.layers.index(base)],
        model.layers[model.layers.index(base) + 1 :],
    )
    x = model.input
    for layer in before[1:]:
        x = layer(x)
    lower = keras.Model(model.input, under(x, training=False))
    y = rows = keras.Input(lower.output_shape[1:])
    for layer in base.layers[place:]:  # a chain, in both networks
        y = layer(y, training=False) if "bn" in layer.name.lower() else layer(y)
    if place == len(names):  # what is kept of a photo is as small as can be
        lower = keras.Model(lower.input, after[0](lower.output))
        y = rows = keras.Input(lower.output_shape[1:])
        after = after[1:]
    for layer in after:
        y = layer(y)
    upper = keras.Model(rows, y)
    upper.compile(model.optimizer, model.loss, metrics=["accuracy"])
    return lower, upper


def data(folder: str, part: str) -> Any:
    """Return batches of one part of the photos; a tenth is held for validation."""
    found = keras.utils.image_dataset_from_directory(
        folder,
        image_size=SIZE,
        batch_size=32,
        label_mode="categorical",
        validation_split=0.1,
        subset=part,
        seed=SEED,
        verbose=False,
    )
    import tensorflow as tf

    return found.prefetch(tf.data.AUTOTUNE)


def build(network: str, job: str) -> keras.Model:
    """Return the tutorial's model, compiled."""
    makers = {
        "vgg16": (keras.applications.VGG16, keras.applications.vgg16),
        "mobilenet_v2": (
            keras.applications.MobileNetV2,
            keras.applications.mobilenet_v2,
        ),
    }
    make, module = makers[network]
    base = make(include_top=False, weights=None, input_shape=(*SIZE, 3))
    if job == "accuracy":
        base.set_weights(pretrained(network))
    base.trainable = job in ("last_block", "all")
    if job == "last_block":
        names = [layer.name for layer in base.layers]
        for layer in base.layers[: names.index(LAST_BLOCK[network])]:
            layer.trainable = False
    inputs = keras.Input((*SIZE, 3))
    x = base(module.preprocess_input(inputs), training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.2)(x)
    model = keras.Model(inputs, keras.layers.Dense(2, dtype="float32")(x))
    frozen = job in ("head", "accuracy")
    model.compile(
        # The rates of TensorFlow's tutorial on transfer learning and fine-tuning.
        optimizer=keras.optimizers.Adam(1e-4 if frozen else 1e-5),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def pretrained(network: str) -> list:
    """Return the weights that tfapp would use, so that both ways have the same."""
    from tfapp.domains.images.pretrained.weights import load_backbone

    return load_backbone(network, (*SIZE, 3), "imagenet", "").get_weights()


class Watch(keras.callbacks.Callback):
    """Notes the seconds of each epoch's training, and when each epoch ended."""

    def __init__(self, began: float) -> None:
        super().__init__()
        self.began = began
        self.seconds: list[float] = []
        self.busy: list[float] = []
        self.ends: list[float] = []
        self.rows: list[dict] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start the clock."""
        self.epoch_began = time.monotonic()
        self.busy_before = time.process_time()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop the clock."""
        now = time.monotonic()
        self.seconds.append(now - self.epoch_began)
        self.busy.append(time.process_time() - self.busy_before)
        self.ends.append(now - self.began)
        self.rows.append(dict(logs))


if __name__ == "__main__":
    Path(sys.argv[1]).resolve(strict=True)
    main()
