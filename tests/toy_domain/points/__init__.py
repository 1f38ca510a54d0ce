"""Points: lines "x y class" of a .points file to the class of a position."""

FORMS = "a .points file of lines `x y class`"
DATA = {"points": "load:points"}
CHECKS = {"points": "load:check_points"}
SPLITS = {"points": ("random",)}
TASKS = {"point_classification": "task:task"}
TASK_DATA = {"point_classification": ("points",)}
REQUIREMENTS = {
    "point_classification": {"fine_tune": (None, "points have no pretrained networks")},
}
MODELS = {"point_network": "network:point_network"}
PLANS = {"point_classification": "plan:plan"}
