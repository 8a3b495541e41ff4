/* What `probe` says of how a step's look-ups can be seen on this machine: the way that `run` with
 * `observe` would take. Forks; leaves nothing behind. */
#pragma once

#include "events.h"

/* Puts the object "observation" into the answer. */
void probe_observation(struct json *json);
