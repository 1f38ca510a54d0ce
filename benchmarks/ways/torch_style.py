"""One evaluation of neural style in PyTorch: vgg_small's network, losses and size.

    python benchmarks/ways/torch_style.py HEIGHT WIDTH EVALUATIONS THREADS

Weights are random: time does not depend on them. Prints processor seconds for the loss
with its gradient. Called by benchmarks/style_measures.py.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional

MARGIN, STEP = 32, 32
BLOCKS = ((32, 1), (64, 1), (128, 2), (256, 1))
STYLE = ("1_1", "2_1", "3_1", "4_1")
CONTENT = "3_2"


def layers():
    """Return convolutions by name, each with batch normalisation, and poolings."""
    result, channels = [], 3
    for block, (width, count) in enumerate(BLOCKS, 1):
        for number in range(1, count + 1):
            convolution = nn.Conv2d(channels, width, 3, padding=1, bias=False)
            step = nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU())
            result.append((f"{block}_{number}", step.eval().requires_grad_(False)))
            channels = width
        result.append(("", nn.MaxPool2d(2)))
    return result[:-1]


def features(network, picture):
    """Return what the layers make of a picture, without its border, by name."""
    height, width = picture.shape[-2:]
    x = functional.pad(picture, (MARGIN,) * 4, mode="reflect")
    x = functional.pad(x, (0, -width % STEP, 0, -height % STEP), mode="reflect")
    found, whole = {}, x.shape[-2]
    for name, layer in network:
        x = layer(x)
        if name in (*STYLE, CONTENT):
            shrinks = whole // x.shape[-2]
            top, rows, columns = (n // shrinks for n in (MARGIN, height, width))
            found[name] = x[:, :, top : top + rows, top : top + columns]
    return found


def gram(values):
    """Return mean products of every two channels."""
    rows = values.flatten(2)[0]
    return rows @ rows.T / rows.shape[1]


def loss_of(network, picture, wanted, grams):
    """Return the weighted loss of a picture."""
    found = features(network, picture)
    style = sum(
        ((gram(found[n]) - grams[n]) ** 2).sum() / (grams[n] ** 2).sum() for n in STYLE
    )
    content = ((found[CONTENT] - wanted) ** 2).sum() / (wanted**2).sum()
    down = ((picture[:, :, 1:] - picture[:, :, :-1]) ** 2).mean()
    right = ((picture[..., 1:] - picture[..., :-1]) ** 2).mean()
    outside = ((picture - picture.clamp(0, 1)) ** 2).mean()
    return 20 * style / len(STYLE) + content + 2 * (down + right) + 10 * outside


def main():
    """Print seconds of the processor for one evaluation."""
    height, width, evaluations, threads = map(int, sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = layers()
    style, picture = torch.rand(2, 1, 3, height, width)
    with torch.no_grad():
        grams = {n: gram(f) for n, f in features(network, style).items() if n in STYLE}
        wanted = features(network, picture)[CONTENT]
    picture.requires_grad_(True)

    def evaluate():
        loss = loss_of(network, picture, wanted, grams)
        [gradient] = torch.autograd.grad(loss, [picture])
        return loss.item(), gradient.numpy()

    evaluate()
    began = time.process_time()
    for _ in range(evaluations):
        evaluate()
    print((time.process_time() - began) / evaluations)


if __name__ == "__main__":
    main()
