"""Which runs are the same but for the seed, and how to call what differs."""

import json
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence, Set
from itertools import combinations
from typing import Any, NamedTuple

from tfapp.report.wording import shorten

IGNORED = frozenset(
    {
        "name",
        "description",
        "seed",
        "data.split.seed",
        "data.cache",
        "runtime.strategy",
        "runtime.input_service",
        "runtime.compile",
        "runtime.steps_per_execution",
        "runtime.threads",
        "runtime.malloc",
        "runtime.deterministic",
        "runtime.checkpoint_seconds",
    }
)
"""Keys that do not change, on purpose, what is learned."""

IGNORED_TABLES = ("export.", "tuning.")
LONGEST_VALUE = 28
Settings = dict[str, Any]
"""Dotted key → value."""


class Named(NamedTuple):
    """The settings of a group of runs, and the name of their recipe."""

    recipe: str
    settings: Settings


class Line(NamedTuple):
    """Groups that differ only in how much they were trained on.

    Args:
        name: what they have in common, as short as the other lines allow.
        members: indices of the groups, by rising size.
    """

    name: str
    members: tuple[int, ...]


def settings_of(recipe: Mapping[str, Any]) -> Settings:
    """Flatten a resolved recipe to dotted keys, without those of `IGNORED`."""
    return {
        key: value
        for key, value in _flatten(recipe, "")
        if key not in IGNORED and not key.startswith(IGNORED_TABLES)
    }


def same(settings: Settings) -> str:
    """Return a text that is equal for equal settings."""
    return json.dumps(settings, sort_keys=True, ensure_ascii=False, default=str)


def differing_keys(all_settings: Sequence[Settings]) -> tuple[str, ...]:
    """Return the keys whose values are not the same everywhere, in recipe order."""
    keys = dict.fromkeys(key for settings in all_settings for key in settings)
    return tuple(
        key
        for key in keys
        if len({_text(settings.get(key)) for settings in all_settings}) > 1
    )


def names(groups: Sequence[Named]) -> list[str]:
    """Name each group by its recipe and the fewest keys that distinguish it.

    The recipe's name is left out where all groups share it.

    Args:
        groups: whose settings differ pairwise.
    """
    by_recipe, all_keys = (
        _by(groups, [group.recipe for group in groups]),
        _all_keys(groups),
    )
    result = [""] * len(groups)
    for recipe, members in by_recipe.items():
        all_settings = [groups[i].settings for i in members]
        keys = _fewest_keys(all_settings, differing_keys(all_settings))
        prefix = [str(recipe)] if len(by_recipe) > 1 or not keys else []
        for i in members:
            result[i] = ", ".join(
                [*prefix, *_settings(keys, groups[i].settings, all_keys)]
            )
    return result


def lines(groups: Sequence[Named], sizes: Sequence[int]) -> list[Line]:
    """Join groups that differ only in size, and in what was set along with it.

    A key that takes one value per size (such as epochs, raised for few examples) goes
    with the size; one that takes several at the same size makes lines of their own.

    Args:
        groups: whose settings differ pairwise.
        sizes: of each group, number of training examples.
    """
    result: list[Line] = []
    by_recipe, all_keys = (
        _by(groups, [group.recipe for group in groups]),
        _all_keys(groups),
    )
    for recipe, members in by_recipe.items():
        keys = _keys_within_a_size(groups, members, sizes)
        values = [_values(keys, groups[i].settings) for i in members]
        for positions in _by(values, values).values():
            of_line = sorted((members[p] for p in positions), key=lambda i: sizes[i])
            shared = _settings(keys, groups[of_line[0]].settings, all_keys)
            prefix = [str(recipe)] if len(by_recipe) > 1 or not shared else []
            result.append(Line(", ".join([*prefix, *shared]), tuple(of_line)))
    return result


def value_text(settings: Settings, key: str) -> str:
    """Write a setting as recipes do, long ones cut; "–" where it is not set."""
    value = settings.get(key)
    return "–" if value is None else shorten(_text(value), LONGEST_VALUE)


def _keys_within_a_size(
    groups: Sequence[Named], members: Sequence[int], sizes: Sequence[int]
) -> tuple[str, ...]:
    """Return the fewest keys that distinguish groups of one recipe and one size."""
    differ: set[str] = set()
    for alike in _by(members, [sizes[i] for i in members]).values():
        differ |= set(differing_keys([groups[members[p]].settings for p in alike]))
    all_settings = [groups[i].settings for i in members]
    ordered = [key for key in differing_keys(all_settings) if key in differ]
    for count in range(len(ordered) + 1):
        for keys in combinations(ordered, count):
            kinds = [(sizes[i], _values(keys, groups[i].settings)) for i in members]
            if len(set(kinds)) == len(members):
                return keys
    return tuple(ordered)


def _fewest_keys(
    all_settings: Sequence[Settings], keys: Sequence[str]
) -> tuple[str, ...]:
    """Return the fewest keys, first of the recipe, that distinguish all settings."""
    for count in range(min(len(keys), 3) + 1):
        for chosen in combinations(keys, count):
            if len({_values(chosen, settings) for settings in all_settings}) == len(
                all_settings
            ):
                return chosen
    return tuple(keys)


def _values(keys: Sequence[str], settings: Settings) -> tuple[str, ...]:
    return tuple(_text(settings.get(key)) for key in keys)


def _settings(keys: Sequence[str], settings: Settings, all_keys: Set[str]) -> list[str]:
    """Write some settings, their keys as short as all known ones allow."""
    return [
        f"{_short_key(key, all_keys)}={value_text(settings, key)}"
        for key in keys
        if key in settings
    ] or [f"without {_short_key(key, all_keys)}" for key in keys[:1]]


def _all_keys(groups: Sequence[Named]) -> Set[str]:
    return {key for group in groups for key in group.settings}


def _short_key(key: str, among: Set[str]) -> str:
    """Cut a dotted key to its last parts, as few as are unique among others."""
    parts = key.split(".")
    for start in range(len(parts) - 1, 0, -1):
        tail = ".".join(parts[start:])
        alike = [k for k in among if k == tail or k.endswith(f".{tail}")]
        if len(alike) == 1:
            return tail
    return key


def _by(items: Sequence[Any], keys: Sequence[Hashable]) -> dict[Hashable, list[int]]:
    """Return positions of the items by key, in order of appearance."""
    positions: dict[Hashable, list[int]] = defaultdict(list)
    for position, (_, key) in enumerate(zip(items, keys, strict=True)):
        positions[key].append(position)
    return positions


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _flatten(table: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            pairs += _flatten(value, f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", _plain(value)))
    return pairs


def _plain(value: Any) -> Any:
    """Return 1 for 1.0: a table of options keeps numbers as they were written."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
