/* Implementation of limits.h. */
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "path.h"

static const struct {
	const char *name;
	int resource;
} RESOURCES[] = {
	{ "core", RLIMIT_CORE },	 { "cpu", RLIMIT_CPU },
	{ "data", RLIMIT_DATA },	 { "fsize", RLIMIT_FSIZE },
	{ "locks", RLIMIT_LOCKS },	 { "memlock", RLIMIT_MEMLOCK },
	{ "msgqueue", RLIMIT_MSGQUEUE }, { "nice", RLIMIT_NICE },
	{ "nofile", RLIMIT_NOFILE },	 { "nproc", RLIMIT_NPROC },
	{ "rss", RLIMIT_RSS },		 { "rtprio", RLIMIT_RTPRIO },
	{ "rttime", RLIMIT_RTTIME },	 { "sigpending", RLIMIT_SIGPENDING },
	{ "stack", RLIMIT_STACK },
};

int limits_resource(const char *name)
{
	for (size_t i = 0; i < lengthof(RESOURCES); i++)
		if (strcmp(RESOURCES[i].name, name) == 0)
			return RESOURCES[i].resource;
	return -1;
}

static const char *name_of(int resource)
{
	for (size_t i = 0; i < lengthof(RESOURCES); i++)
		if (RESOURCES[i].resource == resource)
			return RESOURCES[i].name;
	return "?";
}

int limits_join(char *const *groups, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		cleanup_close int group =
			open(groups[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		cleanup_close int processes =
			group < 0 ? -1 : openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC);
		int rc = processes < 0 ? -errno : write_all(processes, "0", 1);
		if (rc < 0)
			return fail(err, "E_LIMIT", -rc, "cannot enter the control group %s",
				    groups[i]);
	}
	return 0;
}

int limits_set(const struct plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->limit_count; i++) {
		const struct limit *limit = &plan->limits[i];
		struct rlimit now;
		if (setrlimit(limit->resource, &limit->value) == 0)
			continue;
		int number = errno;
		if (getrlimit(limit->resource, &now) < 0)
			now.rlim_max = 0;
		return fail(err, "E_LIMIT", number,
			    "the limit %s cannot be set to %lld: at most %lld may be had here",
			    name_of(limit->resource), (long long)limit->value.rlim_max,
			    (long long)now.rlim_max);
	}
	return 0;
}
