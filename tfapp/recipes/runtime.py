"""The table `[runtime]`: how the machine is used, and what is seen of it."""

from typing import Literal

from pydantic import Field, model_validator

from tfapp.recipes.table import Table


class RuntimeConfig(Table):
    """How the machine is used; never changes what is learned on purpose."""

    backend: Literal["tensorflow", "jax"] = "tensorflow"
    precision: Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"] = Field(
        "auto", description="auto = measured, once per network and machine"
    )
    strategy: Literal["auto", "single", "mirrored", "workers"] = Field(
        "auto",
        description="auto = the workers that the environment names, else every GPU",
    )
    compile: Literal["auto", "on", "off"] = Field("auto", description="by XLA")
    steps_per_execution: int = Field(
        0, ge=0, le=1024, description="training steps per call; 0 = by their length"
    )
    input_service: list[str] = Field(
        [], description="HOST:PORT of each `tfapp decode` that decodes"
    )
    threads: int = Field(0, ge=0, description="0 = every core this process may use")
    malloc: Literal["auto", "default"] = Field(
        "auto", description="see docs/runtime.md"
    )
    deterministic: bool = Field(
        False, description="the same run gives the same weights, to the bit"
    )
    minutes: float = Field(0.0, ge=0.0, description="budget of the run; 0 = none")
    checkpoint_seconds: float = Field(
        30.0, ge=0.0, description="between states to resume from; 0 = every step"
    )
    watch: Literal["off", "figures", "all"] = Field(
        "all",
        description="in TensorBoard: figures, or all = pictures of examples too",
    )
    histograms: bool = Field(False, description="of weights, in TensorBoard")
    profile: list[int] = Field(
        [], description="first and last step of each phase to profile; [] = none"
    )

    @model_validator(mode="after")
    def _profile_a_range(self) -> "RuntimeConfig":
        steps = self.profile
        if steps and not (len(steps) == 2 and 1 <= steps[0] <= steps[1]):
            raise ValueError(
                "`profile` must be [] or the first and the last step, counted from 1, "
                f"such as [20, 30]. Received: {steps}"
            )
        if self.watch == "off" and (steps or self.histograms):
            raise ValueError(
                "`watch` = 'off' writes nothing for TensorBoard, so `profile` and "
                "`histograms` have no effect. Leave them out, or `watch`."
            )
        return self
