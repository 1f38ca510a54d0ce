"""Transfer learning as the Keras tutorial does it; prints images per second as JSON.

Arguments: folder of photos, network, job, photos, epochs, and "bf16" if so.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import keras
from keras_names import LAST_BLOCK

SIZE = (224, 224)

SEED = 1


def main() -> None:
    """Measure one job."""
    folder, network, job, photos, epochs, *reduced = sys.argv[1:]
    keras.utils.set_random_seed(SEED)
    if reduced:
        keras.config.set_dtype_policy("mixed_bfloat16")
    began = time.monotonic()
    train, held = (data(folder, part) for part in ("training", "validation"))
    train = train if job == "accuracy" else train.unbatch().take(int(photos)).batch(32)
    model = build(network, job)
    watch = Watch(began)
    if job == "accuracy":
        model.fit(train, validation_data=held, epochs=int(epochs), callbacks=[watch])
        accuracy = [row["val_accuracy"] for row in watch.rows]
        print(json.dumps({"accuracy": accuracy, "seconds": watch.ends}))
        return
    model.fit(train, epochs=3, callbacks=[watch], verbose=0)
    way = "keras_bf16" if reduced else "keras"
    print(json.dumps({way: int(photos) / min(watch.seconds[1:])}))


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
        self.ends: list[float] = []
        self.rows: list[dict] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start the clock."""
        self.epoch_began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop the clock."""
        now = time.monotonic()
        self.seconds.append(now - self.epoch_began)
        self.ends.append(now - self.began)
        self.rows.append(dict(logs))


if __name__ == "__main__":
    Path(sys.argv[1]).resolve(strict=True)
    main()
