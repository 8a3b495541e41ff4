/* The content of a file as words carry it: lower-case hex, checked by plan.h. No privilege. */
#pragma once

#include "util.h"

/* Writes the bytes that `hex` stands for; 0 or -errno. */
int hex_write(int fd, const char *hex);
