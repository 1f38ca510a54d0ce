"""A character language model in PyTorch: vectors of characters, nn.LSTM, Adam.

    python benchmarks/ways/torch_lstm.py UNITS DEPTH LENGTH BATCH CHARACTERS SECONDS

Prints the characters it learns from per second, and per second of the processor. Called
by benchmarks/recurrent.py.
"""

import sys
import time

import torch
from torch import nn
from torch.nn import functional

EMBEDDING = 48


def main(units, depth, length, batch, characters, seconds):
    """Train on made up text for some seconds, after five steps that do not count."""
    vectors = nn.Embedding(characters, EMBEDDING)
    layers = nn.LSTM(EMBEDDING, units, depth, batch_first=True)
    head = nn.Linear(units, characters)
    weights = [p for part in (vectors, layers, head) for p in part.parameters()]
    optimizer = torch.optim.Adam(weights, 2e-3)
    ids = torch.randint(characters, (batch, length + 1))

    def step():
        logits = head(layers(vectors(ids[:, :-1]))[0])
        loss = functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 5.0)
        optimizer.step()

    for _ in range(5):
        step()
    steps, wall, own = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() < wall + seconds:
        step()
        steps += 1
    total = steps * batch * length
    print(total / (time.perf_counter() - wall), total / (time.process_time() - own))


if __name__ == "__main__":
    units, depth, length, batch, characters = map(int, sys.argv[1:-1])
    main(units, depth, length, batch, characters, float(sys.argv[-1]))
