"""Which mask belongs to which image, by their names."""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from os.path import commonprefix

from tfapp.base.names import folded

ENDINGS = ("_mask", "-mask", "_masks", "_label", "_labels", "_gt", "_seg")
"""What names of masks may have behind the names of their images."""
MOST = 0.9
"""Share of the smaller side that one prefix or ending has to pair."""
Affix = tuple[str, str]


def match_names(images: Collection[str], masks: Collection[str]) -> dict[str, str]:
    """Return the key of the mask of each image that has one, in the images' order.

    A mask of the very name comes before one with a usual ending, that before one that
    differs in case or in the form of Unicode, and that before the one prefix or ending
    by which nearly all names pair.

    Args:
        images: paths inside their folder, without extension.
        masks: likewise.
    """
    matches = _by_ending(images, masks)
    for rule in (_by_case, _by_affix):
        left = [key for key in images if key not in matches]
        free = set(masks) - set(matches.values())
        if left and free:
            matches |= rule(left, sorted(free))
    return {key: matches[key] for key in images if key in matches}


def _by_ending(images: Collection[str], masks: Collection[str]) -> dict[str, str]:
    ended = {_without_ending(key): key for key in masks if key not in images}
    mask_keys = {key: key if key in masks else ended.get(key) for key in images}
    return {key: mask for key, mask in mask_keys.items() if mask is not None}


def _without_ending(key: str) -> str:
    ending = next((e for e in ENDINGS if key.lower().endswith(e)), "")
    return key[: len(key) - len(ending)]


def _by_case(images: Iterable[str], masks: Iterable[str]) -> dict[str, str]:
    """Pair names that differ in case alone, or in their form of Unicode."""
    ours, theirs = (_unique(names, folded) for names in (images, masks))
    ended = _unique(masks, lambda key: folded(_without_ending(key)))
    found = {key: theirs.get(fold, ended.get(fold)) for fold, key in ours.items()}
    return {key: mask for key, mask in found.items() if mask is not None}


def _by_affix(images: list[str], masks: list[str]) -> dict[str, str]:
    """Pair by the one prefix or ending of images and of masks that pairs nearly all."""
    ours, theirs = list(_cut(images)), list(_cut(masks))
    best: dict[str, str] = {}
    for pair in sorted(
        ((one, other) for one in ours for other in theirs),
        key=lambda pair: len("".join((*pair[0][0], *pair[1][0]))),
    ):
        (_, cores), (_, others) = pair
        common = cores.keys() & others.keys()
        if len(common) > len(best):  # of equal ones the shortest affixes
            best = {cores[core]: others[core] for core in common}
    enough = len(best) >= max(2, MOST * min(len(images), len(masks)))
    return best if enough else {}


def _cut(names: list[str]) -> Iterator[tuple[Affix, dict[str, str]]]:
    """Yield common prefixes and endings, with the names by what is between them."""
    stems = [name.rpartition("/")[2] for name in names]
    if any("#" in stem for stem in stems):  # pages of stacks have numbers, not names
        return
    turned = [stem[::-1] for stem in stems]
    for front in _fronts(stems):
        for back in _fronts(turned):
            cores = _unique(names, partial(_core, (front, back[::-1])))
            if len(cores) == len(names):
                yield (front, back[::-1]), cores


def _fronts(stems: list[str]) -> list[str]:
    """Return the common beginnings of names that end where a word or number does."""
    common = commonprefix(stems)
    places = range(1, len(common) + 1)
    whole = (p for p in places if all(_is_border(stem, p) for stem in stems))
    return ["", *(common[:place] for place in whole)]


def _is_border(text: str, place: int) -> bool:
    """Tell whether a name can be cut there: not within a word or a number."""
    if place >= len(text):
        return False
    one, other = text[place - 1], text[place]
    sign = not (one.isalnum() and other.isalnum())
    return sign or one.isdigit() != other.isdigit()


def _core(affix: Affix, name: str) -> str:
    stem = name.rpartition("/")[2]
    core = stem[len(affix[0]) : len(stem) - len(affix[1])]
    return folded(core) if len(stem) > len("".join(affix)) else ""


def _unique(names: Iterable[str], key: Callable[[str], str]) -> dict[str, str]:
    """Return the names by a key that no other name has."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(key(name), []).append(name)
    return {k: same[0] for k, same in found.items() if len(same) == 1 and k}
