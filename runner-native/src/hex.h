/* Bytes as lower-case hex, as words and events carry them. Words are checked by plan.h. No
 * privilege. */
#pragma once

#include "util.h"

/* Writes the bytes that `hex` stands for; 0 or -errno. */
int hex_write(int fd, const char *hex);

/* `text` has room for two letters a byte and a NUL. */
void hex_of(const void *bytes, size_t length, char *text);
