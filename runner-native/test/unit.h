/* The whole framework of the C unit tests: a check that says where it failed and counts. */
#pragma once

#include <stdio.h>
#include <string.h>

static int unit_failures;

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			unit_failures++;                                                           \
		}                                                                                  \
	} while (0)

#define CHECK_TEXT(actual, expected)                                                               \
	do {                                                                                       \
		if (strcmp((actual), (expected)) != 0) {                                           \
			fprintf(stderr, "%s:%d: \"%s\" is not \"%s\"\n", __FILE__, __LINE__,       \
				(actual), (expected));                                             \
			unit_failures++;                                                           \
		}                                                                                  \
	} while (0)

static inline int unit_end(const char *name)
{
	printf("%s: %s\n", name, unit_failures == 0 ? "ok" : "FAILED");
	return unit_failures == 0 ? 0 : 1;
}
