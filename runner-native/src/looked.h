/* What a step looked up, as events (PROTOCOL.md, "What a step looked at"). Written by pid 1 when
 * every other process of the step is gone, so that nothing else writes to the channel. */
#pragma once

#include "observer.h"

/* `looked` events with all that was noted, then the closing `observed`. */
void looked_send(const struct observer *observer);
