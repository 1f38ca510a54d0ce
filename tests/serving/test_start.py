"""What a server needs to start."""

import pytest

STARTED = """
import asyncio, json, sys
import tfapp

async def main():
    with tfapp.serve(sys.argv[1], rest_port=int(sys.argv[2]), grpc_port=0):
        print(json.dumps(sorted({"keras", "tensorflow"} & sys.modules.keys())))

asyncio.run(main())
"""


@pytest.mark.slow
def test_a_server_starts_without_keras(in_fresh_process, tmp_path, free_tcp_port):
    """Keras takes a second and a half to import, and no SavedModel asks for it."""
    found = in_fresh_process(STARTED, tmp_path, free_tcp_port, TFAPP_OWN_PROCESS="1")
    assert found == ["tensorflow"]
