"""Images: photos to classes, tags, numbers, masks and captions.

The tables name what recipes may use, as "module:function" relative to this package.
"""

FORMS = (
    "a folder of class folders, a .csv with path,label, a folder with captions.csv, a "
    ".npz with x_train,y_train or images,labels, a folder of slides NAME.tif with "
    "NAME.geojson, tfds:NAME, mosaics:…, embedded:blood_cells, digits or scenes"
)
"""What `data.path` may be, for messages."""

COLUMNS = "paths of images and their labels (`fit --image NAME --label NAME`)"
"""What the columns of a table may hold, for messages."""

DATA = {
    "image_captions": "captioning.load:image_captions",
    "image_numbers": "regression.load:image_numbers",
    "image_tags": "multilabel.load:image_tags",
    "images": "load:images",
    "masks": "segmentation.data.load:masks",
    "pictures": "style.fast.data:pictures",
    "scenes": "captioning.load:scenes",
    "slide_patches": "slides.patches.load:slide_patches",
    "species_photos": "classification.species.load:species_photos",
    "styled_pictures": "style.adain.data:styled_pictures",
}
"""Kinds of data: what the examples are and what the network receives."""

CHECKS = {
    "image_captions": "captioning.check:check_captions",
    "image_numbers": "regression.load:check_numbers",
    "image_tags": "multilabel.load:check_tags",
    "images": "check:check_images",
    "masks": "segmentation.data.load:check_masks",
    "pictures": "style.fast.data:check_pictures",
    "scenes": "captioning.check:check_scenes",
    "slide_patches": "slides.patches.load:check_patches",
    "species_photos": "classification.species.load:check_species",
    "styled_pictures": "style.adain.data:check_pairs",
}
"""What reports the faults of each kind of data."""

SPLITS = {
    **dict.fromkeys(DATA, ("random", "order")),
    **dict.fromkeys(("scenes", "slide_patches"), ("random",)),
}
"""The ways by which each kind of data can be split: `data.split.by`."""

AUGMENTATIONS = {
    **dict.fromkeys(DATA, "augmentation.config:ImageAugmentation"),
    **dict.fromkeys(
        ("image_captions", "masks", "scenes"), "augmentation.config:MaskAugmentation"
    ),
}
"""What `[data.augmentation]` may hold for each kind of data."""

TASKS = {
    "arbitrary_style": "style.adain.task:task",
    "capsule_classification": "capsules.task:task",
    "fast_style": "style.fast.task:task",
    "image_captioning": "captioning.task:task",
    "image_classification": "classification.task:task",
    "image_multilabel": "multilabel.task:task",
    "image_regression": "regression.task:task",
    "image_segmentation": "segmentation.task:task",
    "neural_style": "style.task:task",
    "species_classification": "classification.species.task:task",
}

TASK_DATA = {
    "arbitrary_style": ("styled_pictures",),
    "capsule_classification": ("images",),
    "fast_style": ("pictures",),
    "image_captioning": ("image_captions", "scenes"),
    "image_classification": ("images", "slide_patches"),
    "image_multilabel": ("image_tags",),
    "image_regression": ("image_numbers",),
    "image_segmentation": ("masks",),
    "neural_style": ("images",),
    "species_classification": ("species_photos",),
}
"""The kinds of data that each task learns from; the first is the default."""

INTERFACES = {
    "arbitrary_style": "style.adain.interface:INTERFACE",
    "capsule_classification": "classification.interface:INTERFACE",
    "fast_style": "style.fast.interface:INTERFACE",
    "image_captioning": "captioning.interface:INTERFACE",
    "image_classification": "classification.interface:INTERFACE",
    "image_multilabel": "multilabel.interface:INTERFACE",
    "image_regression": "regression.task:INTERFACE",
    "image_segmentation": "segmentation.interface:INTERFACE",
    "species_classification": "classification.species.interface:INTERFACE",
}
"""What the exported models of each task take and answer, without the task."""

REQUIREMENTS = {
    "image_multilabel": {
        "model.options.single_logit": (False, "tags do not exclude each other"),
    },
    "image_segmentation": {
        "fine_tune.head.views": (0, "tiles are drawn anew in every epoch"),
        "fine_tune.thaw.views": (0, "tiles are drawn anew in every epoch"),
    },
    "arbitrary_style": {
        "model.name": ("adain_network", "it takes a picture and a style"),
        "runtime.precision": ("float32", "statistics of features need its range"),
    },
    "fast_style": {
        "model.name": ("style_network", "it answers with pictures"),
        "runtime.precision": ("float32", "Gram matrices need its range"),
    },
    "neural_style": {
        "model.name": ("transfer", "its extractor compares pictures"),
        "runtime.backend": ("tensorflow", "the gradient of a picture is TensorFlow's"),
    },
}
"""Task → recipe key → what it has to be, and why."""

MODELS = {
    "adain_network": "style.adain.models.adain_network:adain_network",
    "alexnet": "classification.models.alexnet:alexnet",
    "capsnet": "capsules.models.capsnet:capsnet",
    "captioner": "captioning.models.captioner:captioner",
    "captioner_transfer": "captioning.models.captioner_transfer:captioner_transfer",
    "efficient_capsnet": "capsules.models.efficient_capsnet:efficient_capsnet",
    "inception_v1": "classification.models.inception_v1:inception_v1",
    "inception_v3": "classification.models.inception_v3:inception_v3",
    "lenet5": "classification.models.lenet5:lenet5",
    "lenet5_modern": "classification.models.lenet5:lenet5_modern",
    "matrix_capsules": "capsules.models.matrix_capsules:matrix_capsules",
    "small_cnn": "classification.models.small_cnn:small_cnn",
    "style_network": "style.fast.models.style_network:style_network",
    "transfer": "classification.models.transfer:transfer",
    "unet": "segmentation.models.unet:unet",
    "unet_transfer": "segmentation.models.unet_transfer:unet_transfer",
    "vgg": "classification.models.vgg:vgg",
}
"""Networks: builders that return a keras.Model of logits."""

MODEL_CHOICES = {
    "adain_network.extractor": "pretrained.extractors:EXTRACTORS",
    "captioner_transfer.extractor": "pretrained.extractors:EXTRACTORS",
    "transfer.extractor": "pretrained.extractors:EXTRACTORS",
    "unet_transfer.extractor": "pretrained.extractors:EXTRACTORS",
}
"""MODEL.OPTION → the mapping that holds the names which the option may have."""

MODEL_SHAPES = {
    "alexnet": ((227, 227, 3), 1000),
    "capsnet": ((28, 28, 1), 10),
    "efficient_capsnet": ((28, 28, 1), 10),
    "inception_v1": ((224, 224, 3), 1000),
    "inception_v3": ((299, 299, 3), 1000),
    "lenet5": ((32, 32, 1), 10),
    "lenet5_modern": ((32, 32, 1), 10),
    "vgg": ((224, 224, 3), 1000),
}
"""Model → the input and the number of outputs of the published network."""

PLANS = {
    "image_captioning": "captioning.plan:plan",
    "image_classification": "classification.plan:plan",
    "image_multilabel": "multilabel.plan:plan",
    "image_regression": "regression.task:plan",
    "image_segmentation": "segmentation.plan:plan",
}
"""Task → what writes the recipe of `tfapp fit`."""

PREVIEWS = {
    "image_captions": "thumbnails:file_tile",
    "image_numbers": "thumbnails:file_tile",
    "image_tags": "thumbnails:file_tile",
    "images": "thumbnails:file_tile",
    "masks": "thumbnails:file_tile",
    "pictures": "thumbnails:file_tile",
    "slide_patches": "thumbnails:file_tile",
    "species_photos": "thumbnails:file_tile",
}
"""Kind of data → what shows an example on the page of a comparison: (file, caption) →
tile, or None if the file is not here."""

EXPLAINED = {
    "capsule_classification": "verbs.explain:explain_pictures",
    "image_captioning": "verbs.captions:explain_captions",
    "image_classification": "verbs.explain:explain_pictures",
    "image_multilabel": "verbs.explain:explain_pictures",
    "image_segmentation": "verbs.explain:explain_pictures",
    "species_classification": "verbs.explain:explain_pictures",
}
"""Task → what explains the answers of its runs; see `tfapp.verbs.explain`."""

EXPLANATIONS = {
    "gradcam": "explanation.gradcam:gradcam",
    "occlusion": "explanation.occlusion:occlusion",
    "neighbours": "explanation.neighbours:neighbours",
    "reconstruction": "capsules.explanation.reconstruction:reconstruction",
    "perturbation": "capsules.explanation.perturbation:perturbation",
    "routing": "capsules.explanation.routing:routing",
    "regions": "segmentation.explanation:regions",
}
"""Kinds of explanation, in the order in which a sheet shows them; see
`explanation.spec.Kind`."""

NETWORK_SECTIONS = {
    "capsules": "capsules.explanation.section:capsule_sections",
    "filters": "network_sections:filter_sections",
}
"""Sections of a report on the inside of networks of one kind: (model, dataset) →
tuple of sections, () for any other network."""

CATALOGUE = {
    "datasets": "catalogue:list_sources",
    "models": "catalogue:list_extractors",
    "weights": "catalogue:list_weights",
}
"""List of `tfapp list` → further rows of it: () → list of rows."""

VERBS = {
    "bundle": "verbs.bundle:bundle",
    "convolution_lab": "verbs.convolution_lab:convolution_lab",
    "fetch_weights": "verbs.fetch_weights:fetch_weights",
    "masks": "verbs.masks:masks",
    "scan": "verbs.scan:scan",
    "stylize": "verbs.stylize:stylize",
}
"""Functions of the Python API, `tfapp.NAME`, that only this domain has."""

COMMANDS = {
    "bundle": "commands.bundle:bundle",
    "lab": "commands.lab:lab",
    "masks": "commands.masks:masks",
    "scan": "commands.scan:scan",
    "stylize": "commands.stylize:stylize",
    "weights": "commands.weights:weights",
}
"""Commands, `tfapp NAME`: a function with Typer's options, or a `typer.Typer`."""

CONVERTERS = {"image/*": "reading.conversion:decodable"}
"""Media type of a model's input → what the server does with content that no graph can
read: (content, most pixels) → content that it can."""

EXAMINATIONS = {"weights": "pretrained.examination:examine_weights"}
"""What `tfapp doctor` shows further: () → Finding."""
