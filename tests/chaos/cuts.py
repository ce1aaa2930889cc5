"""Connections of running processes, cut as a network cuts them: what comes to one end, or to both, is dropped by the kernel
until it is healed, and TCP sends it again then. The processes do not notice but by the silence.

A duplicate of a process' socket is taken by pidfd_getfd(), and gets a socket filter that lets nothing through. That needs
Linux 5.6, and the right to trace the process.
"""

import contextlib
import ctypes
import errno
import os
import signal
import socket
import struct

PIDFD_GETFD = 438
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
# One instruction of classic BPF: BPF_RET | BPF_K with 0, no bytes of the packet pass.
DROP_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))

_libc = ctypes.CDLL(None, use_errno=True)


class End:
    """One end of a TCP connection, of a process."""

    def __init__(self, pid, connection):
        self.pid, self._socket = pid, connection
        self.here, self.there = connection.getsockname(), connection.getpeername()

    def drop(self):
        """From now on nothing arrives here."""
        program = struct.pack("HP", 1, ctypes.addressof(DROP_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)

    def heal(self):
        with contextlib.suppress(FileNotFoundError):  # no filter
            self._socket.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)

    def close(self):
        self._socket.close()


class Connection:
    """Both ends of a TCP connection between two processes. Holds descriptors until it is closed: close it soon, or the
    connection outlives its processes."""

    def __init__(self, client, server):
        self.ends = (client, server)

    def __str__(self):
        return " - ".join(f"{end.pid}:{end.here[1]}" for end in self.ends)

    def cut(self, which):
        """`which`: of the ends, that hear nothing from now on."""
        for end in which:
            self.ends[end].drop()

    def heal(self):
        for end in self.ends:
            end.heal()

    def hang_up(self):
        """Ends it, in the middle of what was being sent. Both learn of it."""
        with contextlib.suppress(OSError):
            self.ends[0]._socket.shutdown(socket.SHUT_RDWR)

    def close(self):
        for end in self.ends:
            end.close()


def ends_of(pid):
    """All TCP connections that a process has now."""
    found = []
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return found
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            if end := _end(pid, process, int(name)):
                found.append(end)
    except FileNotFoundError:
        pass  # it has ended
    finally:
        os.close(process)
    return found


def _end(pid, process, descriptor):
    try:
        if not os.readlink(f"/proc/{pid}/fd/{descriptor}").startswith("socket:"):
            return None
    except FileNotFoundError:
        return None
    copy = _libc.syscall(PIDFD_GETFD, process, descriptor, 0)
    if copy < 0:
        error = ctypes.get_errno()
        if error in (errno.EBADF, errno.ESRCH):  # closed meanwhile, or the process has ended
            return None
        raise OSError(error, os.strerror(error), "pidfd_getfd")
    connection = socket.socket(fileno=copy)
    try:
        if connection.family == socket.AF_INET and connection.type == socket.SOCK_STREAM:
            return End(pid, connection)
    except OSError:
        pass  # it listens, or is connected no more
    connection.close()
    return None


def connections_between(pids):
    """The TCP connections whose two ends are in these processes."""
    by_address = {}
    for end in (end for pid in pids for end in ends_of(pid)):
        # A process may have several descriptors of one.
        if by_address.setdefault((end.here, end.there), end) is not end:
            end.close()
    found = []
    while by_address:
        (here, there), end = by_address.popitem()
        other = by_address.pop((there, here), None)
        if other is None:
            end.close()
        else:
            found.append(Connection(end, other))
    return found


@contextlib.contextmanager
def closing(connections):
    """Lets go of connections at the end, so that they can end."""
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()


def cannot_cut():
    """Why connections of other processes cannot be cut here; empty: they can."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        child = os.fork()
        if child == 0:
            signal.pause()
            os._exit(0)
        try:
            ends = ends_of(child)
            for end in ends:
                end.drop()
                end.heal()
                end.close()
            return "" if any(end.here == client.getsockname() for end in ends) else "no connection of another process is seen"
        except OSError as error:
            return f"{error.strerror} ({error.filename})"
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
