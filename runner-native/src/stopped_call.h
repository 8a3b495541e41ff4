/* The system call before which a traced process has stopped, out of its registers. */
#pragma once

#include "util.h"

struct stopped_call {
	uint32_t number;
	uint64_t args[6];
};

/* False where the process was killed meanwhile. */
bool stopped_call_read(pid_t pid, struct stopped_call *call);
