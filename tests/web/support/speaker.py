"""A service that prints what it is told, byte by byte: on the Unix socket NAME.sock of its directory. Each
connection brings bytes and gets an answer once they are printed; "flood LINES PER_SECOND" makes lines by itself,
"exit CODE" ends it."""

import os
import socket
import sys
import time


def flood(count, rate):
    """So many lines, evenly, as whole milliseconds pass."""
    out, began, done = sys.stdout.buffer, time.monotonic(), 0
    while done < count:
        due = min(count, int((time.monotonic() - began) * rate))
        for number in range(done, due):
            out.write(b"\x1b[36mINFO\x1b[0m line %d of the flood: \x1b[1mGET\x1b[0m /api/readings/%d took %d ms\n" % (number, number, number % 97))
        done = due
        out.flush()
        # lint: sleeps: it is the pace of the flood, nobody waits for it
        time.sleep(0.005)


def obey(order):
    words = order.split(b" ", 3)
    if words[0] == b"flood":
        flood(int(words[1]), int(words[2]))
    elif words[0] == b"exit":
        os._exit(int(words[1]))
    else:
        sys.stdout.buffer.write(order)
        sys.stdout.buffer.flush()


def main():
    path = sys.argv[1] + ".sock"
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            order = b""
            while part := connection.recv(1 << 16):
                order += part
            obey(order)
            connection.sendall(b"ok")


if __name__ == "__main__":
    main()
