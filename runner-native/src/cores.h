/* How many processors this process may run on; at least 1. */
#pragma once

#include <stddef.h>

size_t core_count(void);
