"""A worker that speaks the protocol, or breaks it, as its argument and the names of its tasks say."""

import json
import os
import subprocess
import sys
import time

MANNER = sys.argv[1]


def send(type, **content):
    os.write(1, json.dumps({"type": type, **content}).encode() + b"\n")


def result(job):
    send("result", id=job, folder="out", extents={"1": [0, 1, 2, 3, 4, 5]})


def quick(job):
    send("progress", id=job, stage="a", fraction=0.5, message="")
    result(job)


def flood(job):
    """More of everything than any pipe holds."""
    for number in range(20_000):
        send("progress", id=job, stage=str(number), fraction=0.5, message="m" * 50)
        os.write(2, b"e" * 200 + b"\n")
    os.write(2, b"last words\n")
    result(job)


def giant(job):
    os.write(1, b'{"type": "progress", "id": "')
    for _ in range(64):
        os.write(1, b"x" * 65536)
    os.write(1, b'"}\n')
    result(job)


def noise(job):
    for line in (b"", b"hello", b"[]", b"{}", b'{"type": 3}', b"\xff\xfe", b"[" * 100_000, b'{"type": "other"}'):
        os.write(1, line + b"\n")
    send("progress", id=job, stage="a")
    send("result", id="somebody else's", folder="out", extents={})
    result(job)


def nonsense(job):
    send("result", id=job, folder="out")


def half(job):
    os.write(1, b'{"type": "result", "id": "' + job.encode())
    os._exit(3)


def last(job):
    """Dies with its answer sent."""
    result(job)
    os._exit(3)


def die(job):
    os._exit(3)


def orphan(job):
    """Dies and leaves a child that holds all its pipes."""
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"])
    send("progress", id=job, stage="child", fraction=0, message=str(child.pid))
    os._exit(3)


def deaf(job):
    time.sleep(600)


def late(job):
    """Finishes although it was asked to stop."""
    sys.stdin.readline()
    result(job)


def wait(job):
    """Stops when asked to."""
    send("progress", id=job, stage="waiting", fraction=0, message="")
    asked = json.loads(sys.stdin.readline())
    assert asked == {"type": "cancel", "id": job}
    send("error", id=job, kind="canceled", message="Canceled.")


def echo(job, message):
    send("error", id=job, kind="input", message=json.dumps(message))


def main():
    if MANNER == "mute":
        time.sleep(600)
    if MANNER == "stillborn":
        sys.stderr.write("no module named nothing\n")
        sys.exit(1)
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
            if MANNER == "talkative":
                os.write(1, b"Welcome to Python\nSwitching to\n")
            protocol = 99 if MANNER == "foreign" else message["protocol"]
            send("hello", protocol=protocol, version="0", pid=os.getpid(), tasks=["quick"])
            if MANNER == "sleeper":
                time.sleep(600)
        elif message["type"] == "bye":
            if MANNER == "stubborn":
                time.sleep(600)
            return
        elif message.get("task") == "echo" or message["type"] == "export":
            echo(message["id"], message)
        else:
            globals()[message["task"]](message["id"])


main()
