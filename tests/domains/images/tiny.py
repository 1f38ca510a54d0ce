"""Tiny photos and masks: bright shapes that a few filters tell apart."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.domains.tiny import Tiny

SIDE = 16
RUNTIME = {"deterministic": True, "checkpoint_seconds": 0.0, "precision": "float32"}


def photos(folder: Path) -> Tiny:
    """Two classes of twelve pictures: bright at the top, and at the bottom."""
    random = np.random.default_rng(0)
    for label in ("bottom", "top"):
        (folder / label).mkdir(parents=True)
        for i in range(12):
            pixels = random.integers(0, 80, (SIDE, SIDE, 3), dtype=np.uint8)
            half = slice(0, SIDE // 2) if label == "top" else slice(SIDE // 2, SIDE)
            pixels[half] += 120
            Image.fromarray(pixels).save(folder / label / f"{i}.png")
    table = {
        "data": {
            "path": str(folder),
            "batch_size": 4,
            "options": {"image_size": [SIDE, SIDE]},
            "augmentation": {"flip": "horizontal"},
        },
        "model": {"name": "small_cnn", "options": {"filters": [4], "padding": "same"}},
        "training": {"epochs": 3, "learning_rate": 1e-2},
        "runtime": RUNTIME,
    }
    inputs = [str(folder / label / "0.png") for label in ("bottom", "top")]
    return Tiny(str(folder), table, inputs)


def numbers(folder: Path) -> Tiny:
    """Thirty pictures with two numbers each: how bright either half is."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    lines = ["path,top,bottom"]
    for i in range(30):
        pixels = random.integers(0, 80, (SIDE, SIDE, 3))
        top, bottom = random.integers(0, 170, 2)
        pixels[: SIDE // 2] += top
        pixels[SIDE // 2 :] += bottom
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i}.png")
        lines.append(f"{i}.png,{top / 100},{bottom}")
    table = folder / "table.csv"
    table.write_text("\n".join(lines))
    recipe = photos(folder / "unused").table
    recipe["data"] |= {"path": str(table)}
    return Tiny(str(table), recipe, [str(folder / f"{i}.png") for i in (0, 1)])


def tags(folder: Path) -> Tiny:
    """Thirty pictures that are bright at the top, at the bottom, both or neither."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    lines = ["path,tags"]
    for i in range(30):
        pixels = random.integers(0, 80, (SIDE, SIDE, 3))
        own = [name for bit, name in ((1, "top"), (2, "bottom")) if i % 4 & bit]
        pixels[: SIDE // 2] += 120 * ("top" in own)
        pixels[SIDE // 2 :] += 120 * ("bottom" in own)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i}.png")
        lines.append(f"{i}.png,{';'.join(own)}")
    table = folder / "table.csv"
    table.write_text("\n".join(lines))
    recipe = photos(folder / "unused").table
    recipe["data"] |= {"path": str(table)}
    return Tiny(str(table), recipe, [str(folder / f"{i}.png") for i in (0, 3)])


def capsules(folder: Path) -> Tiny:
    """The same pictures for a capsule network of a few filters."""
    tiny = photos(folder)
    options = {"filters": 4, "kernel_size": 5, "capsules": 2, "capsule_dim": 4}
    options |= {"class_dim": 4, "decoder_units": [5]}
    tiny.table["model"] = {"name": "capsnet", "options": options}
    tiny.table["data"]["augmentation"] = {}
    return tiny


def masks(folder: Path) -> Tiny:
    """Eight pictures of a bright square on a dark ground, with their masks."""
    random = np.random.default_rng(0)
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for i in range(8):
        pixels = random.integers(0, 80, (32, 32), dtype=np.uint8)
        mask = np.zeros((32, 32), np.uint8)
        top, left = random.integers(0, 18, 2)
        mask[top : top + 12, left : left + 12] = 255
        Image.fromarray(np.where(mask > 0, pixels + 120, pixels).astype("uint8")).save(
            folder / "images" / f"{i}.png"
        )
        Image.fromarray(mask).save(folder / "masks" / f"{i}.png")
    table = {
        "data": {
            "path": str(folder),
            "batch_size": 2,
            "options": {"tile_size": [32, 32], "channels": 1},
        },
        "model": {
            "name": "unet",
            "options": {"width": 4, "depth": 1, "padding": "same"},
        },
        "training": {"epochs": 3, "learning_rate": 1e-2},
        "runtime": RUNTIME,
    }
    return Tiny(
        str(folder), table, [str(folder / "images" / f"{i}.png") for i in (0, 1)]
    )


def pictures(folder: Path) -> Tiny:
    """Twelve pictures without labels, and a style of stripes."""
    random = np.random.default_rng(0)
    (folder / "pictures").mkdir(parents=True)
    for i in range(12):
        small = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(small).resize((48, 44)).save(folder / "pictures" / f"{i}.png")
    stripes = np.zeros((48, 48, 3), np.uint8)
    stripes[::4] = (200, 80, 20)
    Image.fromarray(stripes).save(folder / "style.png")
    table = {
        "task_options": {"style": str(folder / "style.png"), "style_size": 48},
        "data": {
            "path": str(folder / "pictures"),
            "batch_size": 4,
            "options": {"image_size": [48, 48]},
        },
        "model": {"name": "style_network", "options": {"width": 4, "blocks": 1}},
        "training": {"epochs": 2, "learning_rate": 1e-2},
        "runtime": RUNTIME,
    }
    inputs = [str(folder / "pictures" / f"{i}.png") for i in (0, 1)]
    return Tiny(str(folder / "pictures"), table, inputs)


def styled(folder: Path) -> Tiny:
    """The same pictures, two styles, and a table of pairs to draw."""
    tiny = pictures(folder)
    (folder / "styles").mkdir()
    stripes = Image.open(folder / "style.png").resize((64, 56))
    stripes.save(folder / "styles" / "a.png")
    stripes.rotate(90).save(folder / "styles" / "b.png")
    table = {
        **{name: tiny.table[name] for name in ("training", "runtime")},
        "data": {**tiny.table["data"], "options": {}},
        "model": {
            "name": "adain_network",
            "options": {"layer": "block2_relu1"},
        },
    }
    table["data"]["options"] = {
        "image_size": [48, 48],
        "styles": str(folder / "styles"),
    }
    lines = ["path,style,alpha", "pictures/0.png,styles/a.png,"]
    lines.append("pictures/1.png,styles/b.png,0.5")
    pairs = folder / "pairs.csv"
    pairs.write_text("\n".join(lines))
    return Tiny(tiny.path, table, [str(pairs)])


def captions(folder: Path) -> Tiny:
    """Forty photos with captions in a few words."""
    from tests.domains.images.captioning import tiny

    return tiny.captions(folder)


def species(folder: Path) -> Tiny:
    """The same photos with places, and sightings of either class."""
    tiny = photos(folder / "photos")
    random = np.random.default_rng(0)
    places, sightings = ["path,latitude,longitude,date"], []
    for label, longitude in (("bottom", 8), ("top", 16)):
        for i in range(12):
            where = f"50,{longitude + random.normal():.3f},2026-05-{i + 1:02d}"
            places.append(f"photos/{label}/{i}.png,{where}")
            sightings += [
                f"{where},{label}",
                f"51,{longitude},2026-06-{i + 1:02d},{label}",
            ]
    (folder / "places.csv").write_text("\n".join(places))
    header = "latitude,longitude,date,species"
    (folder / "sightings.csv").write_text("\n".join([header, *sightings]))
    options = {n: str(folder / f"{n}.csv") for n in ("places", "sightings")}
    tiny.table["data"]["options"] |= options
    return tiny


TINY = {
    "arbitrary_style": styled,
    "capsule_classification": capsules,
    "fast_style": pictures,
    "image_captioning": captions,
    "image_classification": photos,
    "image_multilabel": tags,
    "image_regression": numbers,
    "image_segmentation": masks,
    "species_classification": species,
}
