"""A loopback port that leads to the control socket of a daemon, for clients that know no Unix sockets."""

import contextlib
import os
import selectors
import socket
import threading


class Relay:
    def __init__(self, path):
        self.path = str(path)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._carry, args=(self.listener.accept()[0],), daemon=True).start()

    def _carry(self, client):
        with client, socket.socket(socket.AF_UNIX) as daemon, contextlib.suppress(OSError):
            directory = os.open(os.path.dirname(self.path), os.O_PATH | os.O_DIRECTORY)
            try:
                daemon.connect(f"/proc/self/fd/{directory}/{os.path.basename(self.path)}")
            finally:
                os.close(directory)
            with selectors.DefaultSelector() as ready:
                ready.register(client, selectors.EVENT_READ, daemon)
                ready.register(daemon, selectors.EVENT_READ, client)
                while True:
                    for key, _ in ready.select():
                        data = key.fileobj.recv(65536)
                        if not data:
                            return
                        key.data.sendall(data)
