/* What a step looked up, as events (PROTOCOL.md, "What a step looked at"). Written by pid 1, to
 * whom alone the channel belongs while the step runs. */
#pragma once

#include "observer.h"

/* `looked` events with all that was noted. More of them than a client is to hold make the
 * observation fail. */
void looked_send(struct observer *observer);

/* What is left, when every other process of the step is gone, and the closing `observed`. */
void looked_end(struct observer *observer);
