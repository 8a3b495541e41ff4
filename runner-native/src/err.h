/* The one error form of the runner. A function that can fail takes a `struct err *` last, fills
 * it in where the failure happens, and returns -errno (or -EINVAL for what has no errno);
 * callers pass it up unchanged. Only main.c turns it into an event and an exit status. */
#pragma once

#include "hints.h"
#include "util.h"

struct err {
	const char *code;  /* "E_SANDBOX": stable, of PROTOCOL.md */
	int number;	   /* errno, or 0 where none is behind it */
	const char *hint;  /* what to do about it, or NULL */
	char message[512]; /* what was tried, on what */
};

/* Fills in `err` and returns -number (-EINVAL for 0). */
int fail(struct err *err, const char *code, int number, const char *format, ...) printf_like(4, 5);

/* The same for a step of setting up a sandbox: code and hint are the step's. */
int fail_step(struct err *err, enum step step, int number, const char *format, ...)
	printf_like(4, 5);

/* "EPERM" for a known errno, "EUNKNOWN" else; NULL for 0. */
const char *errno_name(int number);
