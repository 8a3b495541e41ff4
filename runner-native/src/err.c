/* Implementation of err.h. Runs in every process; messages may hold bytes of an attacker's
 * choosing (paths), which events.c makes safe. */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fail(struct err *err, const char *code, int number, const char *format, ...)
{
	va_list args;
	err->code = code;
	err->number = number;
	err->hint = NULL;
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return number == 0 ? -EINVAL : -number;
}

static const char *code_of(enum step step)
{
	if (step == STEP_OVERLAY)
		return "E_NO_OVERLAY";
	return step == STEP_MOUNT ? "E_SANDBOX" : "E_ISOLATION";
}

int fail_step(struct err *err, enum step step, int number, const char *format, ...)
{
	va_list args;
	err->code = code_of(step);
	err->number = number;
	err->hint = hint_for(step, number);
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return number == 0 ? -EINVAL : -number;
}

const char *errno_name(int number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ EPERM, "EPERM" },
		{ ENOENT, "ENOENT" },
		{ EIO, "EIO" },
		{ ENXIO, "ENXIO" },
		{ E2BIG, "E2BIG" },
		{ ENOEXEC, "ENOEXEC" },
		{ EBADF, "EBADF" },
		{ EAGAIN, "EAGAIN" },
		{ ENOMEM, "ENOMEM" },
		{ EACCES, "EACCES" },
		{ EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" },
		{ EXDEV, "EXDEV" },
		{ ENODEV, "ENODEV" },
		{ ENOTDIR, "ENOTDIR" },
		{ EISDIR, "EISDIR" },
		{ EINVAL, "EINVAL" },
		{ ENFILE, "ENFILE" },
		{ EMFILE, "EMFILE" },
		{ ETXTBSY, "ETXTBSY" },
		{ EFBIG, "EFBIG" },
		{ ENOSPC, "ENOSPC" },
		{ ESPIPE, "ESPIPE" },
		{ EROFS, "EROFS" },
		{ EMLINK, "EMLINK" },
		{ EPIPE, "EPIPE" },
		{ ERANGE, "ERANGE" },
		{ EDEADLK, "EDEADLK" },
		{ ELOOP, "ELOOP" },
		{ ENOSYS, "ENOSYS" },
		{ ENOTEMPTY, "ENOTEMPTY" },
		{ EUSERS, "EUSERS" },
		{ ENODATA, "ENODATA" },
		{ ENAMETOOLONG, "ENAMETOOLONG" },
		{ EOVERFLOW, "EOVERFLOW" },
		{ EDQUOT, "EDQUOT" },
		{ EOPNOTSUPP, "EOPNOTSUPP" },
		{ ESTALE, "ESTALE" },
		{ ETIMEDOUT, "ETIMEDOUT" },
		{ ELIBBAD, "ELIBBAD" },
		{ ESRCH, "ESRCH" },
		{ EFAULT, "EFAULT" },
	};
	if (number == 0)
		return NULL;
	for (size_t i = 0; i < lengthof(names); i++)
		if (names[i].number == number)
			return names[i].name;
	return "EUNKNOWN";
}
