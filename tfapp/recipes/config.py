"""Recipes as frozen pydantic models; parsing one never imports TensorFlow."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from tfapp.recipes.runtime import RuntimeConfig as RuntimeConfig
from tfapp.recipes.table import Table as Table
from tfapp.recipes.tuning import TuningConfig

NAME_PATTERN = r"(\.*[A-Za-z0-9_-][A-Za-z0-9_.-]*)?"
"""Of recipes, and so of the folders of runs and models; dots alone lead elsewhere."""


class SplitConfig(Table):
    """How examples without a split of their own are divided."""

    by: Literal["random", "order", "time"] = Field(
        "random",
        description="order: the last by name are for the test; time: the latest",
    )
    validation: float = Field(0.15, ge=0.0, lt=1.0, description="share of the rest")
    test: float = Field(0.15, ge=0.0, lt=1.0, description="share of all examples")
    seed: int = Field(0, description="of the shuffle before dividing")

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> "SplitConfig":
        if self.validation + self.test >= 0.9:
            raise ValueError(
                "`validation` + `test` must stay below 0.9, so that training keeps "
                f"a tenth. Received: {self.validation} + {self.test}"
            )
        return self


class CheckConfig(Table):
    """When a data set counts as too damaged to train on."""

    max_bad_share: float = Field(0.1, ge=0.0, le=1.0, description="of all files")


class Augmentation(Table):
    """Random changes of training examples; every kind of data has its own keys."""

    @property
    def mixing(self) -> tuple[str, ...]:
        """Return the keys that mix the targets of examples and are switched on."""
        return ()


class DataConfig(Table):
    """Where the data is and how it reaches the model."""

    kind: str = Field(
        "", description="`tfapp list datasets`; default: the first of the task"
    )
    path: str = Field(description="a place that the kind knows; $VAR expands")
    batch_size: Annotated[int, BeforeValidator(lambda v: 0 if v == "auto" else v)] = (
        Field(
            32,
            ge=0,
            le=65_536,
            description='global: split over the replicas; "auto" (0) = the largest '
            "that fits, measured",
        )
    )
    cache: Literal["auto", "memory", "disk", "none"] = "auto"
    limit: int = Field(
        0, ge=0, description="training examples of each class, or in all; 0 = all"
    )
    options: dict[str, Any] = Field({}, description="of the kind of data")
    split: SplitConfig = SplitConfig()
    check: CheckConfig = CheckConfig()
    augmentation: dict[str, Any] = Field({}, description="of the kind of data")


class ModelConfig(Table):
    """Which network, and the arguments of its builder."""

    name: str = Field(description="`tfapp list models`")
    options: dict[str, Any] = Field({}, description="arguments of the builder")


class DistillConfig(Table):
    """What a teacher adds to training: its answers to the same changed inputs."""

    teacher: str = Field(description="a run (NAME, NAME/NUMBER, folder) or .keras file")
    temperature: float = Field(1.0, gt=0.0, description="of both softmaxes")
    share: float = Field(0.9, ge=0.0, le=1.0, description="of the loss; rest: labels")
    passes: int = Field(
        0, ge=0, description="different augmented passes, repeated; 0 = one per epoch"
    )


Share = Annotated[float, Field(ge=0.0, lt=1.0)]
"""A number in [0, 1), as an option of a task."""
Margin = Annotated[float, Field(ge=0.0)]
"""A number of standard errors, likewise."""

OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop", "adadelta"]


class TrainingConfig(Table):
    """What every training phase shares, and the length of training from scratch."""

    epochs: int = Field(20, ge=1, description="from scratch; else see fine_tune")
    learning_rate: float = Field(1e-3, gt=0.0)
    warmup_epochs: float = Field(0.0, ge=0.0)
    schedule: Literal["cosine", "constant"] = "cosine"
    optimizer: OptimizerName = "adamw"
    weight_decay: float = Field(0.0, ge=0.0)
    ema_momentum: float = Field(0.0, ge=0.0, lt=1.0, description="0 = no averaging")
    clip_norm: float = Field(0.0, ge=0.0, description="of the gradient; 0 = off")
    patience: int = Field(0, ge=0, description="epochs without progress; 0 = off")


class HeadPhase(Table):
    """Phase 1: train the head; the extractor stays frozen."""

    epochs: int = Field(60, ge=1)
    learning_rate: float = Field(1e-3, gt=0.0)
    warmup_epochs: float = Field(0.0, ge=0.0)
    solver: Literal["gradient", "exact"] = Field(
        "gradient",
        description="exact: the optimum of a single dense layer on stored features, "
        "its L2 penalty chosen by cross-validation; without `thaw` it learns from "
        "validation examples too",
    )
    views: int = Field(
        1,
        ge=0,
        description="stored feature passes: 1 = the plain images, k = those and "
        "k-1 augmented ones, 0 = nothing stored, images augmented anew every epoch",
    )

    @model_validator(mode="after")
    def _exact_on_features(self) -> "HeadPhase":
        if self.solver == "exact" and not self.views:
            raise ValueError(
                "`solver` = 'exact' needs stored features: set `views` to 1 or more."
            )
        return self


class ThawPhase(Table):
    """Phase 2: train the extractor too, from one layer to its end."""

    from_layer: str = Field(description="name of the first layer that learns")
    epochs: int = Field(5, ge=1)
    learning_rate: float = Field(1e-5, gt=0.0, description="of the head and top layer")
    layer_decay: float = Field(
        1.0, gt=0.0, le=1.0, description="rate factor per block on the way down"
    )
    warmup_epochs: float = Field(0.5, ge=0.0)
    optimizer: OptimizerName | None = Field(
        None, description="of this phase; default: training's"
    )
    views: int = Field(
        0,
        ge=0,
        description="stored passes of what the frozen layers give: k = the plain "
        "images and k-1 augmented ones; 0 = one if nothing is augmented, else none, "
        "images changed anew every epoch",
    )
    margin: float = Field(
        0.0,
        ge=0.0,
        description="standard errors by which the log loss of validation examples has "
        "to fall for the phase to be kept, with an exact head; 0 = fall at all",
    )


class FineTuneConfig(Table):
    """Transfer learning in two phases; leave out `thaw` for features alone."""

    head: HeadPhase = HeadPhase()
    thaw: ThawPhase | None = None

    @model_validator(mode="after")
    def _margin_over_a_head(self) -> "FineTuneConfig":
        if self.thaw and self.thaw.margin and self.head.solver != "exact":
            raise ValueError(
                "`thaw.margin` compares with an exact head: set `head.solver` to "
                "'exact', or leave `margin` out."
            )
        return self


PHASE_KEYS = frozenset({"epochs", "learning_rate", "warmup_epochs"})
"""Keys of `[training]` that each phase of `[fine_tune]` sets for itself."""


class ExportConfig(Table):
    """What the SavedModel answers, and how it is checked."""

    calibrated: bool = Field(True, description="probabilities after temperature")
    examples: int = Field(16, ge=1, description="held examples compared")
    tolerance: float = Field(1e-4, gt=0.0, description="largest difference allowed")
    explain: bool = Field(True, description="a signature that shows where it looks")


class Recipe(Table):
    """A whole experiment: config → data → model → training → export."""

    name: str = Field("", pattern=f"^{NAME_PATTERN}$", description="file name")
    description: str = ""
    task: str = Field(description="`tfapp list tasks`")
    task_options: dict[str, Any] = Field({}, description="arguments of the task")
    seed: int = Field(0, ge=0)
    data: DataConfig
    model: ModelConfig
    training: TrainingConfig = TrainingConfig()
    fine_tune: FineTuneConfig | None = None
    runtime: RuntimeConfig = RuntimeConfig()
    export: ExportConfig = ExportConfig()
    tuning: TuningConfig | None = None

    @model_validator(mode="after")
    def _no_key_without_effect(self) -> "Recipe":
        doubled = PHASE_KEYS & self.training.model_fields_set
        if self.fine_tune is not None and doubled:
            key = sorted(doubled)[0]
            raise ValueError(
                f"`training.{key}` has no effect with [fine_tune]. "
                f"Set `fine_tune.head.{key}` or `fine_tune.thaw.{key}` instead."
            )
        if self.fine_tune is not None and self.task_options.get("distill"):
            raise ValueError(
                "`task_options.distill` trains the whole network, which [fine_tune] "
                "does not. Leave one of the two out."
            )
        return self
