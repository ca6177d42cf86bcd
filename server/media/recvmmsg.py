"""recvmmsg(2) and its structures, as cffi reads them. `python -m server.media.recvmmsg` writes `_recvmmsg.py`.

The declarations are parsed here, once, and not at every start of the server: the parser takes longer than the rest of
the media port.
"""

from __future__ import annotations

from pathlib import Path

DECLARATIONS = """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                    void *msg_control; size_t msg_controllen; int msg_flags; };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int recvmmsg(int, struct mmsghdr *, unsigned int, int, void *);
"""
GENERATED = Path(__file__).with_name("_recvmmsg.py")


def write(path: Path = GENERATED) -> None:
    """Writes the module that holds the parsed declarations."""
    from cffi import FFI  # type: ignore[import-untyped]

    parser = FFI()
    parser.set_source("server.media._recvmmsg", None)
    parser.cdef(DECLARATIONS)
    parser.emit_python_code(str(path))


if __name__ == "__main__":
    write()
