/* What a step looked up, as events (PROTOCOL.md, "What a step looked at"). Written by pid 1 when
 * every other process of the step is gone, so that nothing else writes to the channel. */
#pragma once

#include "err.h"

/* Whether the look-ups that were taken note of are all that there were. */
struct observation {
	const char *reason; /* why they may not be, for people; NULL where they are */
	bool network;	    /* whether the step used, or tried to use, the machine's network */
	const char *wrote;  /* target of a writable mount that it changed, or NULL */
	uint64_t calls;
	int64_t supervisor_us;
};

/* The closing `observed` event. */
void looked_end(const struct observation *observation);
