"""The figures of gpu.py as Markdown for docs/results.md."""

from collections.abc import Iterable
from typing import Any

from gpu_parts.sizes import BATCHES, SIDES

WORKS = {
    "head": "training of the head",
    "last_block": "training of the last block",
    "all": "training of all layers",
    "inference": "inference",
}
POLICIES = ("float32", "mixed_bfloat16", "mixed_float16")
OTHERS = {
    "capsnet": "CapsNet of 2017, images/s",
    "matrix_capsules": "matrix capsules (small), images/s",
    "unet": "U-Net (572 px, 64 filters), images/s",
    "lstm": "LSTM of 2 x 512, cuDNN where Keras chooses it, characters/s",
    "lstm_loop": "LSTM of 2 x 512, a loop of XLA, characters/s",
}
LARGEST = {
    "capsnet": "CapsNet of 2017, float32",
    "VGG16": "VGG16, all layers, mixed_bfloat16",
}


def table(figures: dict[str, Any]) -> str:
    """Return Markdown; what has no figure says why.

    Args:
        figures: content of the JSON file; {} for rows marked "no GPU yet".
    """
    missing = "not measured" if figures.get("card") else "no GPU yet"
    rows = {k: v.get("rows", []) for k, v in figures.get("sections", {}).items()}
    parts = [
        _card(figures.get("card")),
        _networks(rows, missing),
        _others(rows, missing),
        _epochs(rows.get("capsnet", []), missing),
        _largest(rows.get("largest", []), missing),
    ]
    return "\n\n".join(parts)


def _card(card: dict[str, Any] | None) -> str:
    if not card:
        return "Card: no GPU yet."
    versions = ", ".join(
        f"{name} {card[name]}"
        for name in ("python", "keras", "jax", "torch", "torchvision")
        if card.get(name)
    )
    driver = card["driver"]
    about = f", {card['memory']}, driver {driver}" if driver else ""
    return f"Card: {card['device']}{about}; {versions}."


def _networks(rows: dict[str, list[Any]], missing: str) -> str:
    lines = []
    for name, side in SIDES.items():
        for work, title in WORKS.items():
            cells = [
                _cell(rows.get("networks", []), missing, name, work, policy)
                for policy in POLICIES
            ]
            torch = _find(rows.get("pytorch", []), name, work, "bf16 autocast")
            ours = _find(rows.get("networks", []), name, work, "mixed_bfloat16")
            peer = work in ("all", "inference")
            cells.append(_speed(torch, missing) if peer else "")
            cells.append(_ratio(ours, torch))
            about = f"{name} ({side} px, batches of {BATCHES[name]})"
            lines.append([about, title, *cells])
    heads = ["images/s", "", *POLICIES, "PyTorch, bf16 autocast"]
    return _markdown([*heads, "bfloat16 against PyTorch"], lines)


def _others(rows: dict[str, list[Any]], missing: str) -> str:
    lines = []
    for name, title in OTHERS.items():
        for work in ("training", "inference"):
            cells = [title, work]
            for policy, peer in zip(
                POLICIES, ("float32", "bf16 autocast"), strict=False
            ):
                ours = _find(rows.get("others", []), name, work, policy)
                cells.append(_speed(ours, missing))
                theirs = _find(rows.get("pytorch", []), "lstm", work, peer)
                is_lstm = name.startswith("lstm")
                cells.append(_speed(theirs, missing) if is_lstm else "")
            lines.append(cells)
    heads = ["", "", "float32", "PyTorch", "mixed_bfloat16", "PyTorch"]
    return _markdown(heads, lines)


def _epochs(rows: list[Any], missing: str) -> str:
    done = [row for row in rows if "test_error_percent" in row]
    if not done:
        cells = [missing] * 4
    else:
        errors = [row["test_error_percent"] for row in done]
        seconds = sorted(row["train_s"] for row in done)[len(done) // 2]
        asked = [0, len(done) // 2, len(done) - 1]
        some = ", ".join(f"{errors[i]:.2f} ({done[i]['epoch']})" for i in asked)
        speed = sorted(row["images_per_s"] for row in done)[len(done) // 2]
        cells = [str(len(done)), f"{seconds:.1f}", f"{speed:,.0f}", some]
    heads = ["CapsNet of 2017 on MNIST: epochs", "s per epoch", "images/s"]
    return _markdown([*heads, "test error in % (after epoch)"], [cells])


def _largest(rows: list[Any], missing: str) -> str:
    lines = []
    for name, title in LARGEST.items():
        tried = [row for row in rows if row["name"] == name and "batch" in row]
        fits = [row for row in tried if row.get("fits")]
        if not fits:
            lines.append([title, missing, ""])
            continue
        end = tried[-1]
        limit = "does not fit" if end.get("fits") is False else "was not tried"
        best = fits[-1]
        reached = f"{best['batch']}; {2 * best['batch']} {limit}"
        lines.append([title, reached, f"{best['per_s']:,.0f}"])
    return _markdown(["largest batch", "images", "images/s with it"], lines)


def _find(rows: Iterable[Any], name: str, work: str, policy: str) -> dict[str, Any]:
    """Return the row of a work, or that of its network's failure, or {}."""
    for row in rows:  # a row without `work` stands for all works of its network
        same = row.get("name") == name and row.get("policy") == policy
        if same and row.get("work", work) == work:
            return row
    return {}


def _cell(rows: list[Any], missing: str, name: str, work: str, policy: str) -> str:
    return _speed(_find(rows, name, work, policy), missing)


def _speed(row: dict[str, Any], missing: str) -> str:
    if "per_s" in row:
        return f"{row['per_s']:,.0f}"
    if "error" in row:
        return "failed"
    return row.get("skipped", missing)


def _ratio(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    if "per_s" in ours and "per_s" in theirs:
        return f"{ours['per_s'] / theirs['per_s']:.2f}"
    return ""


def _markdown(heads: list[str], lines: list[list[str]]) -> str:
    rule = "|" + "---|" * len(heads)
    rows = [f"| {' | '.join(cells)} |" for cells in (heads, *lines)]
    return "\n".join([rows[0], rule, *rows[1:]])
