"""The same networks in PyTorch: bfloat16 by autocast, channels last, not compiled."""

from argparse import Namespace
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from gpu_parts import card
from gpu_parts.book import Book, speed
from gpu_parts.sizes import (
    BATCHES,
    CHARACTERS,
    CLASSES,
    LENGTH,
    SEQUENCES,
    SIDES,
    TINY_LSTM,
    TINY_SIDES,
    UNITS,
)

WORKS = ("all", "inference")


def measure(book: Book, arguments: Namespace) -> None:
    """Measure the three networks in bfloat16, and the LSTM also in float32."""
    book.card(**card.facts())
    if not (find_spec("torch") and find_spec("torchvision")):
        book.add(name="pytorch", skipped="skipped: no torch and torchvision")
        return
    import torch

    torch.backends.cudnn.benchmark = True
    for work in WORKS:
        for name in arguments.networks:
            row = {"name": name, "policy": "bf16 autocast", "work": work}
            if book.fits(**row):
                with book.guarded(**row):
                    one_network(book, row, tiny=arguments.tiny)
    for reduced in (True, False):
        policy = "bf16 autocast" if reduced else "float32"
        for work in ("training", "inference"):
            row = {"name": "lstm", "policy": policy, "work": work}
            if book.fits(**row):
                with book.guarded(**row):
                    one_lstm(book, row, reduced, tiny=arguments.tiny)


def one_network(book: Book, row: dict[str, str], *, tiny: bool) -> None:
    """Measure one network of torchvision without its classifier, pooled, one layer."""
    import torch
    from torch import nn

    name = row["name"]
    side = (TINY_SIDES if tiny else SIDES)[name]
    batch = 2 if tiny else BATCHES[name]
    model = network(name).to(device(), memory_format=torch.channels_last)
    inputs = torch.rand(batch, 3, side, side, device=device())
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    targets = torch.randint(0, CLASSES, (batch,), device=device())
    loss = nn.functional.cross_entropy
    call = caller(model, loss, inputs, targets, row["work"], reduced=True)
    book.add(**row, batch=batch, **speed(call, wait, batch, tiny=tiny))


def network(name: str) -> Any:
    """Return a network with random weights and two outputs."""
    from torch import nn
    from torchvision import models

    if name == "InceptionV3":
        inception = models.inception_v3(
            weights=None, aux_logits=False, init_weights=False
        )
        inception.dropout, inception.fc = nn.Identity(), nn.Linear(2048, CLASSES)
        return inception
    build, width = {
        "VGG16": (models.vgg16, 512),
        "MobileNetV2": (models.mobilenet_v2, 1280),
    }[name]
    pooled = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES))
    return nn.Sequential(build(weights=None).features, *pooled)


def one_lstm(book: Book, row: dict[str, str], reduced: bool, *, tiny: bool) -> None:
    """Measure two LSTM layers over one-hot characters, by cuDNN."""
    import torch
    from torch import nn

    units, sequences, length = TINY_LSTM if tiny else (UNITS, SEQUENCES, LENGTH)

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(CHARACTERS, units, 2, batch_first=True)
            self.head = nn.Linear(units, CHARACTERS)

        def forward(self, text: Any) -> Any:
            one_hot = nn.functional.one_hot(text, CHARACTERS).float()
            return self.head(self.lstm(one_hot)[0])

    def loss(logits: Any, targets: Any) -> Any:
        return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())

    text = torch.randint(0, CHARACTERS, (sequences, length + 1), device=device())
    call = caller(
        Network().to(device()), loss, text[:, :-1], text[:, 1:], row["work"], reduced
    )
    items = sequences * length
    book.add(**row, batch=items, **speed(call, wait, items, tiny=tiny))


def caller(
    model: Any, loss: Any, inputs: Any, targets: Any, work: str, reduced: bool
) -> Callable[[], Any]:
    """Return what runs one step of inference or, by Adam, of training."""
    import torch

    cast = torch.autocast(device(), torch.bfloat16, enabled=reduced)
    if work == "inference":
        model.eval()

        def answer() -> Any:
            with torch.inference_mode(), cast:
                return model(inputs)

        return answer
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), 1e-4, fused=True)

    def step() -> Any:
        optimizer.zero_grad(set_to_none=True)
        with cast:
            value = loss(model(inputs), targets)
        value.backward()
        optimizer.step()
        return value

    return step


def device() -> str:
    """Return "cuda" where there is a GPU."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def wait(_: Any) -> None:
    """Block until the device has done what it was given."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
