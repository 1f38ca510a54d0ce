"""Recipes as frozen pydantic models; parsing one never imports TensorFlow."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

NAME_PATTERN = "[A-Za-z0-9_.-]*"
"""Of recipes, and so of the folders of runs and models."""


class Table(BaseModel):
    """A table of a recipe: unknown keys are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SplitConfig(Table):
    """How examples without a split of their own are divided."""

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
    max_pixels: int = Field(100_000_000, ge=1, description="per image")


class AugmentationConfig(Table):
    """Random changes of training images; everything is off by default."""

    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    rotate: float = Field(0.0, ge=0.0, le=0.5, description="share of a full turn")
    quarter_turns: bool = Field(False, description="also by 90, 180 or 270 degrees")
    zoom: float = Field(0.0, ge=0.0, lt=1.0, description="share of the image")
    shear: float = Field(0.0, ge=0.0, lt=1.5, description="radians")
    shift: float = Field(0.0, ge=0.0, lt=1.0, description="share of the image")
    shift_pixels: int = Field(0, ge=0, description="whole pixels; black comes in")
    contrast: float = Field(0.0, ge=0.0, lt=1.0)
    brightness: float = Field(0.0, ge=0.0, lt=1.0)
    rand_augment: int = Field(0, ge=0, le=10, description="operations, drawn per batch")
    rand_augment_magnitude: float = Field(0.3, ge=0.0, le=1.0)
    erase: float = Field(0.0, ge=0.0, le=1.0, description="chance per image")
    mixup: float = Field(0.0, ge=0.0, description="alpha of the Beta distribution")
    cutmix: float = Field(0.0, ge=0.0, le=1.0, description="alpha of the Beta")


class DataConfig(Table):
    """Where the data is and how it reaches the model."""

    name: str = Field("images", description="kind of data: `tfapp list datasets`")
    path: str = Field(
        description="folder, .csv, .npz, tfds:NAME or digits; $VAR expands"
    )
    batch_size: int = Field(
        32, ge=1, le=65_536, description="global: split over the replicas"
    )
    cache: Literal["auto", "memory", "disk", "none"] = "auto"
    limit_per_class: int = Field(0, ge=0, description="training examples; 0 = all")
    options: dict[str, Any] = Field({}, description="of the kind of data")
    split: SplitConfig = SplitConfig()
    check: CheckConfig = CheckConfig()
    augmentation: AugmentationConfig = AugmentationConfig()


class ModelConfig(Table):
    """Which network, and the arguments of its builder."""

    name: str = Field("transfer", description="`tfapp list models`")
    options: dict[str, Any] = Field({}, description="arguments of the builder")


class DistillConfig(Table):
    """What a teacher adds to training: its answers to the same changed images."""

    teacher: str = Field(description="a run (NAME, NAME/NUMBER, folder) or .keras file")
    temperature: float = Field(1.0, gt=0.0, description="of both softmaxes")
    share: float = Field(0.9, ge=0.0, le=1.0, description="of the loss; rest: labels")
    passes: int = Field(
        0, ge=0, description="different augmented passes, repeated; 0 = one per epoch"
    )


OptimizerName = Literal["adam", "adamw", "sgd", "rmsprop"]


class TrainingConfig(Table):
    """What every training phase shares, and the length of training from scratch."""

    epochs: int = Field(20, ge=1, description="from scratch; else see fine_tune")
    learning_rate: float = Field(1e-3, gt=0.0)
    warmup_epochs: float = Field(0.0, ge=0.0)
    schedule: Literal["cosine", "constant"] = "cosine"
    optimizer: OptimizerName = "adamw"
    weight_decay: float = Field(0.0, ge=0.0)
    label_smoothing: float = Field(0.0, ge=0.0, lt=1.0)
    class_weights: Literal["none", "balanced"] = "none"
    ema_momentum: float = Field(0.0, ge=0.0, lt=1.0, description="0 = no averaging")
    clip_norm: float = Field(0.0, ge=0.0, description="of the gradient; 0 = off")
    patience: int = Field(0, ge=0, description="epochs without progress; 0 = off")
    distill: DistillConfig | None = None


class HeadPhase(Table):
    """Phase 1: train the head; the extractor stays frozen."""

    epochs: int = Field(60, ge=1)
    learning_rate: float = Field(1e-3, gt=0.0)
    warmup_epochs: float = Field(0.0, ge=0.0)
    views: int = Field(
        1,
        ge=0,
        description="stored feature passes: 1 = the plain images, k = those and "
        "k-1 augmented ones, 0 = nothing stored, images augmented anew every epoch",
    )


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


class FineTuneConfig(Table):
    """Transfer learning in two phases; leave out `thaw` for features alone."""

    head: HeadPhase = HeadPhase()
    thaw: ThawPhase | None = None


PHASE_KEYS = frozenset({"epochs", "learning_rate", "warmup_epochs"})
"""Keys of `[training]` that each phase of `[fine_tune]` sets for itself."""


class RuntimeConfig(Table):
    """How the machine is used; never changes what is learned on purpose."""

    backend: Literal["tensorflow", "jax"] = "tensorflow"
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = Field(
        "auto", description="auto = measured, once per network and machine"
    )
    strategy: Literal["auto", "single", "mirrored"] = "auto"
    compile: Literal["auto", "on", "off"] = Field("auto", description="by XLA")
    steps_per_execution: int = Field(
        0, ge=0, le=1024, description="training steps per call; 0 = by their length"
    )
    threads: int = Field(0, ge=0, description="0 = every core this process may use")
    malloc: Literal["auto", "default"] = Field(
        "auto", description="auto = keep freed memory for the next step"
    )
    deterministic: bool = Field(
        False, description="the same run gives the same weights, to the bit"
    )
    minutes: float = Field(0.0, ge=0.0, description="budget of the run; 0 = none")
    checkpoint_seconds: float = Field(
        30.0, ge=0.0, description="between states to resume from; 0 = every step"
    )

    @model_validator(mode="after")
    def _jax_runs_on_one_device(self) -> "RuntimeConfig":
        if self.backend == "jax" and self.strategy == "mirrored":
            raise ValueError(
                "`runtime.strategy` = 'mirrored' needs the TensorFlow backend. "
                "Set runtime.backend = 'tensorflow' or strategy = 'single'."
            )
        return self


class ExportConfig(Table):
    """What the SavedModel answers, and how it is checked."""

    calibrated: bool = Field(True, description="probabilities after temperature")
    check_images: int = Field(16, ge=1, description="held images compared")
    tolerance: float = Field(1e-4, gt=0.0, description="largest difference allowed")
    explain: bool = Field(True, description="a signature that shows where it looks")


class Recipe(Table):
    """A whole experiment: config → data → model → training → export."""

    name: str = Field("", pattern=f"^{NAME_PATTERN}$", description="file name")
    description: str = ""
    task: str = Field("image_classification", description="`tfapp list tasks`")
    task_options: dict[str, Any] = Field({}, description="arguments of the task")
    seed: int = Field(0, ge=0)
    data: DataConfig
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    fine_tune: FineTuneConfig | None = None
    runtime: RuntimeConfig = RuntimeConfig()
    export: ExportConfig = ExportConfig()

    @model_validator(mode="after")
    def _no_key_without_effect(self) -> "Recipe":
        doubled = PHASE_KEYS & self.training.model_fields_set
        if self.fine_tune is not None and doubled:
            key = sorted(doubled)[0]
            raise ValueError(
                f"`training.{key}` has no effect beside [fine_tune]. "
                f"Set `fine_tune.head.{key}` or `fine_tune.thaw.{key}` instead."
            )
        if self.fine_tune is not None and self.training.distill is not None:
            raise ValueError(
                "`training.distill` trains the whole network on images, which "
                "[fine_tune] does not. Leave one of the two out."
            )
        mixes = self.data.augmentation.mixup or self.data.augmentation.cutmix
        if self.fine_tune is not None and self.fine_tune.head.views and mixes:
            raise ValueError(
                "`data.augmentation.mixup` and `cutmix` mix labels, which stored "
                "features cannot. Set fine_tune.head.views = 0."
            )
        thaw = self.fine_tune.thaw if self.fine_tune else None
        if thaw is not None and thaw.views and mixes:
            raise ValueError(
                "`data.augmentation.mixup` and `cutmix` mix labels, which stored "
                "passes cannot. Set fine_tune.thaw.views = 0."
            )
        return self
