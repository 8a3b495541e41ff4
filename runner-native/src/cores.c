/* Implementation of cores.h. */
#include "cores.h"

#include <sched.h>

size_t core_count(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (size_t)CPU_COUNT(&set);
}
