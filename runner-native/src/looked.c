/* Implementation of looked.h. */
#include "looked.h"

#include "events.h"

void looked_end(const struct observation *observation)
{
	struct json json;
	json_begin(&json, "observed");
	json_bool(&json, "complete", observation->reason == NULL);
	json_string(&json, "reason", observation->reason);
	json_bool(&json, "network", observation->network);
	json_string(&json, "wrote", observation->wrote);
	json_number(&json, "calls", (int64_t)observation->calls);
	json_number(&json, "supervisor_us", observation->supervisor_us);
	(void)json_send(&json, EVENT_FD);
}
