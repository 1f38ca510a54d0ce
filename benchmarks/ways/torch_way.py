"""The same jobs by PyTorch on the CPU: bfloat16 autocast, channels_last, eager.

Photos are decoded beforehand and stay in memory: only computing is timed.
Arguments: folder of photos, network, job, photos, epochs.
"""

import json
import sys
import time

import torch
from torch import nn

VGG16 = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", *(512, 512, 512, "M") * 2)
MOBILENET_V2 = (  # expansion, channels, repeats, stride
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
BATCH = 32


def main() -> None:
    """Measure one job."""
    _, network, job, photos, _ = sys.argv[1:]
    torch.manual_seed(0)
    body, width, frozen = {"vgg16": vgg16, "mobilenet_v2": mobilenet_v2}[network]()
    stop = {"head": len(body), "last_block": frozen, "all": 0}[job]
    for index, part in enumerate(body):
        part.requires_grad_(index >= stop)
    body = body.to(memory_format=torch.channels_last).eval()  # norms stay frozen
    head = nn.Linear(width, 2)
    learning = [p for p in body.parameters() if p.requires_grad] + [*head.parameters()]
    optimizer = torch.optim.Adam(learning, 1e-5)
    images = torch.rand(BATCH, 3, 224, 224).to(memory_format=torch.channels_last)
    labels = torch.arange(BATCH) % 2
    steps = max(2, int(photos) // BATCH)
    seconds, busy = [], []
    for _ in range(steps + 1):
        began, before = time.monotonic(), time.process_time()
        with torch.autocast("cpu", torch.bfloat16):
            with torch.set_grad_enabled(stop < len(body)):
                maps = body(images)
            logits = head(maps.mean((2, 3)))
            loss = nn.functional.cross_entropy(logits.float(), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        seconds.append(time.monotonic() - began)
        busy.append(time.process_time() - before)
    quarter = [sorted(times[1:])[len(times) // 4] for times in (seconds, busy)]
    print(json.dumps({"torch": [BATCH / spent for spent in quarter]}))


def vgg16() -> tuple[nn.Sequential, int, int]:
    """Return VGG16 without its top, its width, and where its last block begins."""
    layers: list[nn.Module] = []
    channels = 3
    for width in VGG16:
        if isinstance(width, str):
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            channels = width
    return nn.Sequential(*layers), 512, 24


class Block(nn.Module):
    """An inverted residual."""

    def __init__(self, channels: int, width: int, expansion: int, stride: int) -> None:
        super().__init__()
        inner = channels * expansion
        layers = norm(nn.Conv2d(channels, inner, 1, bias=False)) * (expansion > 1)
        depthwise = nn.Conv2d(inner, inner, 3, stride, 1, groups=inner, bias=False)
        layers += norm(depthwise)
        layers += norm(nn.Conv2d(inner, width, 1, bias=False))[:-1]
        self.body = nn.Sequential(*layers)
        self.adds = stride == 1 and channels == width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the block's output."""
        return x + self.body(x) if self.adds else self.body(x)


def mobilenet_v2() -> tuple[nn.Sequential, int, int]:
    """Return MobileNetV2 without its top, its width, and where block 16 begins."""
    layers: list[nn.Module] = [
        nn.Sequential(*norm(nn.Conv2d(3, 32, 3, 2, 1, bias=False)))
    ]
    channels = 32
    for expansion, width, repeats, stride in MOBILENET_V2:
        for index in range(repeats):
            step = stride if index == 0 else 1
            layers.append(Block(channels, width, expansion, step))
            channels = width
    layers.append(nn.Sequential(*norm(nn.Conv2d(channels, 1280, 1, bias=False))))
    return nn.Sequential(*layers), 1280, len(layers) - 2


def norm(convolution: nn.Conv2d) -> list[nn.Module]:
    """Return a convolution, its batch normalisation, and ReLU6."""
    width = convolution.out_channels
    return [convolution, nn.BatchNorm2d(width), nn.ReLU6(inplace=True)]


if __name__ == "__main__":
    main()
