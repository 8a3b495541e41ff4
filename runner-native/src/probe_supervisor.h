/* What rung "single-id" needs besides: whether a supervisor can answer for a step, and whether the
 * store's file system keeps records of owners. Leaves nothing behind. */
#pragma once

#include "err.h"

/* `dir`: a folder on the store's file system. */
int probe_supervisor(const char *dir, struct err *err);
