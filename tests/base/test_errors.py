"""Tests of the words of errors."""

from tfapp.base.errors import UnknownNameError


def test_few_names_are_all_shown():
    """Whoever mistypes one of three sees the three."""
    message = str(UnknownNameError("list", "x", ["c", "b", "a"]))
    assert message == "Unknown list 'x'. Expected one of ['a', 'b', 'c']."


def test_of_many_names_a_few_and_the_closest_are_shown():
    """Eighty recipes are no line that anybody reads."""
    names = [f"recipe_{number:02}" for number in range(80)]
    message = str(UnknownNameError("recipe", "recipe_7", names))
    assert message == (
        "Unknown recipe 'recipe_7'. Did you mean 'recipe_79'? Expected one of 80 "
        "names, such as ['recipe_00', 'recipe_01', 'recipe_02']."
    )
