/* SPDX-License-Identifier: MIT

   Send and receive on a socket without giving up the GIL for a call that cannot wait.

   socket.send() and socket.recv() release the GIL whether they wait or not. If other threads are waiting for it, getting
   it back costs a switch to one of them and back, which is more than the system call itself. These functions release it
   only to wait, and for data so large that copying it takes longer than the switch. Those that release it are not
   inlined: module_state.h says why. */
#ifndef FASTHDR_SOCKETS_H
#define FASTHDR_SOCKETS_H

#include <Python.h>

#include "interpreters.h"

#ifdef _WIN32

static inline Py_ssize_t fh_send_now(int fd, const char *data, Py_ssize_t size)
{
    (void)fd, (void)data, (void)size;
    PyErr_SetString(PyExc_NotImplementedError, "not on Windows");
    return -1;
}

static inline PyObject *fh_receive_within(int fd, Py_ssize_t size, double seconds)
{
    (void)fd, (void)size, (void)seconds;
    PyErr_SetString(PyExc_NotImplementedError, "not on Windows");
    return NULL;
}

#else

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#define FH_SMALL 16384  /* bytes that are sent without releasing the GIL */

static inline int fh_would_wait(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static inline int fh_is_open(int fd)
{
    if (fd >= 0) return 1;
    errno = EBADF;  /* poll() would ignore it and wait */
    PyErr_SetFromErrno(PyExc_OSError);
    return 0;
}

/* Send what the socket takes without waiting. Returns how many bytes that is, or -1 with an exception. */
FH_NOT_INLINE Py_ssize_t fh_send_now(int fd, const char *data, Py_ssize_t size)
{
    Py_ssize_t sent;
    int error;
    if (!fh_is_open(fd)) return -1;
    if (size > FH_SMALL) {
        Py_BEGIN_ALLOW_THREADS
        sent = send(fd, data, (size_t)size, MSG_DONTWAIT);
        error = errno;
        Py_END_ALLOW_THREADS
        errno = error;
    }
    else {
        sent = send(fd, data, (size_t)size, MSG_DONTWAIT);
    }
    if (sent >= 0) return sent;
    if (fh_would_wait()) return 0;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

static inline double fh_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Wait until the socket can be read. Returns 0, or -1 with an exception: TimeoutError at `end`, on fh_seconds()'s clock. */
FH_NOT_INLINE int fh_wait(int fd, double end)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    for (;;) {
        double left = end - fh_seconds(), wait = left > 0 ? left * 1e3 + 1 : 0;  /* milliseconds, rounded up */
        int milliseconds = wait < INT_MAX ? (int)wait : INT_MAX, found, error;
        Py_BEGIN_ALLOW_THREADS
        found = poll(&one, 1, milliseconds);
        error = errno;
        Py_END_ALLOW_THREADS
        if (found > 0) return 0;
        if (found < 0 && error != EINTR) {
            errno = error;
            PyErr_SetFromErrno(PyExc_OSError);
            return -1;
        }
        if (PyErr_CheckSignals() < 0) return -1;
        if (fh_seconds() >= end) {
            PyErr_SetString(PyExc_TimeoutError, "timed out");
            return -1;
        }
    }
}

/* Receive up to `size` bytes once, waiting for the first as socket.recv() does with a timeout in seconds. */
static inline PyObject *fh_receive_within(int fd, Py_ssize_t size, double seconds)
{
    PyObject *data = NULL;  /* made after the wait: an idle connection needs no memory for it */
    Py_ssize_t received;
    double end = fh_seconds() + seconds;
    if (!fh_is_open(fd)) return NULL;
    do {  /* again if another reader was faster */
        if (fh_wait(fd, end) < 0) goto failed;
        if (data == NULL) data = PyBytes_FromStringAndSize(NULL, size);
        if (data == NULL) return NULL;
        received = recv(fd, PyBytes_AS_STRING(data), (size_t)size, MSG_DONTWAIT);
    } while (received < 0 && fh_would_wait());
    if (received < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        goto failed;
    }
    if (received < size) _PyBytes_Resize(&data, received);
    return data;

failed:
    Py_XDECREF(data);
    return NULL;
}

#endif
#endif
