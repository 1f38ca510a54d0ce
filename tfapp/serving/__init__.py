"""Serves SavedModels by TensorFlow Serving's contract, and by KServe's.

Imports no model, layer, data or training code: a folder is all it knows of a model.

rest/, rpc/     one file a protocol: bytes → Request, Answer → bytes
images/         what headers of encoded images claim
tensors/        arrays to JSON and back, without TensorFlow; large JSON in processes
engine          answers a Request; counts and logs it
manager, model  which versions there are; polls, switches, lends one to a request
servable        one version: loads, warms up, drains, goes
batching, work  requests that share a call
loader          a SavedModel in a session

A new HTTP protocol is a file in rest/ with `routes(engine)` and a line in its
PROTOCOLS; a new gRPC service a file in rpc/ with `register` and a line in SERVICES.
"""
