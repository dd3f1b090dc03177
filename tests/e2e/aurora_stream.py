"""A WebSocket client of the stream of a test's daemon."""

import base64
import json
import os
import struct

from aurora_e2e import UnixConnection


class Stream:
    """On a connected socket, in the clear or within TLS. It reads only when it is asked to."""

    def __init__(self, connected, query="", host="localhost", token=None):
        self.socket = connected
        fields = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                  "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode()}
        if token:
            fields["Authorization"] = f"Bearer {token}"
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.socket.sendall(f"GET /api/v1/stream{query} HTTP/1.1\r\n{head}\r\n".encode())
        self.file = self.socket.makefile("rb")
        status = self.file.readline()
        assert b" 101 " in status, status
        while self.file.readline() != b"\r\n":
            pass

    def say(self, message):
        self.frame(0x81, json.dumps(message).encode())

    def frame(self, first, data):
        length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack(">H", len(data))
        self.socket.sendall(bytes([first]) + length + bytes(4) + data)

    def message(self):
        """The next message; frames that keep the connection up are answered on the way."""
        while True:
            first, length = self.file.read(2)
            if length == 126:
                length, = struct.unpack(">H", self.file.read(2))
            elif length == 127:
                length, = struct.unpack(">Q", self.file.read(8))
            data = self.file.read(length)
            if first & 15 == 1:
                return json.loads(data)
            assert first & 15 == 9, f"closed: {data!r}"
            self.frame(0x8A, data)

    def message_of(self, kind):
        while (got := self.message())["type"] != kind:
            pass
        return got

    def close(self):
        self.file.close()
        self.socket.close()


def stream_of(daemon, query=""):
    """On the control socket."""
    connection = UnixConnection(daemon.state / "aurorad.sock")
    connection.connect()
    return Stream(connection.sock, query)
