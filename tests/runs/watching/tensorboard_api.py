"""TensorBoard in this process, asked as a browser asks it."""

import json

from tensorboard import program
from tensorboard.backend import application
from werkzeug.test import Client


class TensorBoard:
    """TensorBoard's own WSGI application on a folder, read once.

    Args:
        logs: the folder.
    """

    def __init__(self, logs):
        board = program.TensorBoard()
        board.configure(
            argv=[
                "",
                f"--logdir={logs}",
                "--load_fast=false",
                "--reload_interval=0",
                "--reload_task=blocking",
            ]
        )
        provider, multiplexer = board._make_data_provider()
        app = application.TensorBoardWSGIApp(
            board.flags,
            board.plugin_loaders,
            provider,
            board.assets_zip_provider,
            multiplexer,
        )
        self.client = Client(app)

    def get(self, path, **query):
        """Return the bytes of an answer."""
        answer = self.client.get(f"/data/{path}", query_string=query)
        assert answer.status_code == 200, (path, query, answer.data[:300])
        return answer.data

    def json(self, path, **query):
        """Return an answer of JSON."""
        return json.loads(self.get(path, **query))

    def post(self, path, **body):
        """Return the answer to JSON."""
        answer = self.client.post(f"/data/{path}", json=body)
        assert answer.status_code == 200, answer.data[:300]
        return json.loads(answer.data)

    def pictures(self, run, tag):
        """Return the encoded pictures of a tag."""
        rows = self.json("plugin/images/images", run=run, tag=tag, sample=0)
        return [
            self.client.get(f"/data/plugin/images/individualImage?{row['query']}").data
            for row in rows
        ]

    def steps(self, run, tag):
        """Return the steps of a scalar."""
        rows = self.json("plugin/scalars/scalars", run=run, tag=tag)
        return [step for _, step, _ in rows]
