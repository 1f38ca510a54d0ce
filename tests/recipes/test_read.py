"""Recipes: found, read, overridden, refused with one clear line, written back."""

import pytest

from tfapp import recipes
from tfapp.base.errors import ConfigError, UnknownNameError

SMALL = (
    'task = "image_classification"\n[data]\npath = "digits"\n'
    '[model]\nname = "small_cnn"\n'
)


def write(tmp_path, text):
    """Write a recipe and return its path as text."""
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_is_valid_and_described(name):
    """Each recipe that comes with tfapp can be read and says what it is."""
    recipe = recipes.load_recipe(name)
    assert recipe.description
    assert recipe.name == name.rpartition("/")[2]


def test_name_with_and_without_suffix_and_by_path(tmp_path):
    """A recipe is found by name, by name.toml, and by file."""
    assert recipes.load_recipe("digits") == recipes.load_recipe("digits.toml")
    assert recipes.load_recipe(write(tmp_path, SMALL)).name == "mine"


def test_recipes_in_folders_are_found_by_their_own_name():
    """Names of runs are the last part, so no two recipes share it."""
    known = recipes.names()
    short = [name.rpartition("/")[2] for name in known]
    assert len(set(short)) == len(short)
    for name in known:
        assert recipes.find(name) == recipes.find(name.rpartition("/")[2])


def test_overrides_take_toml_values_and_bare_words():
    """`--set` reads numbers, tables, truth values and plain words; the last wins."""
    recipe = recipes.load_recipe(
        "digits",
        [
            "training.epochs=3",
            "training.epochs=4",
            "runtime.deterministic=true",
            "data.cache=disk",
            "data.augmentation={flip = 'both'}",
        ],
    )
    assert recipe.training.epochs == 4
    assert recipe.runtime.deterministic is True
    assert recipe.data.cache == "disk"
    assert recipe.data.augmentation == {"flip": "both"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "training.learning_rte=1",
            "Unknown key `training.learning_rte`. Did you mean",
        ),
        ("training.epochs=0", "`training.epochs`: input should be greater than or"),
        ("training.epochs=many", "Received: 'many'"),
        ("data.cache=tape", "`data.cache`: input should be 'auto', 'memory', 'disk'"),
        ("model.name=lenet", "Unknown model 'lenet'"),
        ("model.options.filtres=[3]", "Unknown option `filtres` of model 'small_cnn'"),
        ("model.options.units=lots", "Option `units` of model 'small_cnn'"),
        ("data.options.image_sice=[8, 8]", "Did you mean 'image_size'?"),
        ("data.options.resize=melt", "Expected Literal['crop', 'pad', 'stretch']"),
        ("task=dreaming", "Unknown task 'dreaming'"),
        ("task_options.label_smoothing=1", "Option `label_smoothing` of task"),
        ("task_options.distill={}", "`teacher`: Field required"),
        ("task_options.distill={teacher='t', share=2}", "`share`: Input should be"),
        ("data.kind=sounds", "needs `data.kind` = 'images' or 'slide_patches'. Rec"),
        ("data.split.by=time", "'images' cannot be split by 'time'. Expected"),
        ("data.augmentation.rotat=0.1", "Unknown key `data.augmentation.rotat`. Did"),
        ("data.augmentation.zoom=2", "`data.augmentation.zoom`: input should be less"),
        ("data.options.max_pixels=0", "Option `max_pixels` of kind of data 'images'"),
        ("seed=-1", "`seed`"),
        ("fine_tune.thaw.epochs=3", "`fine_tune.thaw.from_layer` is missing"),
        ("fine_tune={}", "`training.epochs` has no effect with [fine_tune]"),
        ("data.split={validation = 0.5, test = 0.5}", "must stay below 0.9"),
        ("name=../up", "`name`"),
    ],
)
def test_mistakes_are_one_line_that_names_file_and_key(override, message):
    """Each mistake names the recipe, what is wrong, and what was expected."""
    with pytest.raises(ConfigError) as caught:
        recipes.load_recipe("digits", [override])
    assert message in str(caught.value)
    assert "digits.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_extractor_is_refused_with_a_hint():
    """The name of an extractor is checked without building anything."""
    with pytest.raises(ConfigError, match="Did you mean 'vgg16'"):
        recipes.load_recipe("cats_dogs_features", ["model.options.extractor=vg16"])


@pytest.mark.parametrize("mixes", [{"mixup": 0.2}, {"cutmix": 0.5}])
@pytest.mark.parametrize("phase", ["head", "thaw"])
def test_mixing_needs_fresh_images(mixes, phase):
    """Stored views cannot hold mixed images; the error says what to set."""
    phases = {"head": {"views": 0}, "thaw": {"from_layer": "x", "views": 0}}
    phases[phase]["views"] = 2
    table = {
        "task": "image_classification",
        "model": {"name": "transfer"},
        "fine_tune": phases,
        "data": {"path": "digits", "augmentation": mixes},
    }
    with pytest.raises(ConfigError, match=f"fine_tune.{phase}.views = 0"):
        recipes.build(table, "here")


def test_not_toml_names_the_line(tmp_path):
    """A file that is not TOML is refused with the place of the fault."""
    with pytest.raises(ConfigError, match=r"mine.toml is not valid TOML: .*line 1"):
        recipes.load_recipe(write(tmp_path, "this is no recipe"))


def test_missing_file_and_unknown_name():
    """A path that does not exist and a name nobody knows differ in their message."""
    with pytest.raises(ConfigError, match="Recipe file 'no/such.toml' does not exist"):
        recipes.load_recipe("no/such.toml")
    with pytest.raises(ConfigError, match=r"'digit.toml' does not .*mean 'digits'"):
        recipes.load_recipe("digit.toml")
    with pytest.raises(UnknownNameError, match="Did you mean 'digits'"):
        recipes.load_recipe("digit")


@pytest.mark.parametrize("text", ["training.epochs", "=3", ""])
def test_override_without_a_key_or_value(text):
    """An override needs both sides."""
    with pytest.raises(ConfigError, match="must look like training.epochs=3"):
        recipes.parse_override(text)


def test_override_below_a_value():
    """A key below something that is no table is refused."""
    with pytest.raises(ConfigError, match="`seed` is not a table"):
        recipes.load_recipe("digits", ["seed.more=1"])


@pytest.mark.parametrize("defaults", [True, False])
@pytest.mark.parametrize("name", ["digits", "cats_dogs_fine_tune"])
def test_written_recipe_reads_back_the_same(tmp_path, name, defaults):
    """What a run stores beside its result repeats the run."""
    recipe = recipes.load_recipe(name)
    path = write(tmp_path, recipes.to_toml(recipe, defaults=defaults))
    assert recipes.load_recipe(path) == recipe


def test_recipes_cannot_be_changed_by_accident():
    """Recipes are frozen."""
    with pytest.raises(Exception, match="frozen"):
        recipes.load_recipe("digits").seed = 1


def test_an_empty_recipe_does_not_start_anything(tmp_path):
    """A recipe must at least say where the data is."""
    with pytest.raises(ConfigError) as caught:
        recipes.load_recipe(write(tmp_path, ""))
    assert [line.partition(": ")[2] for line in str(caught.value).splitlines()] == [
        "`task` is missing.",
        "`data` is missing.",
        "`model` is missing.",
    ]
    with pytest.raises(ConfigError, match=r"`data\.path` is missing"):
        recipes.load_recipe(write(tmp_path, "[data]"))
