/* What the shell can do in an image that holds no program at all: look, and move about. */
#pragma once

#include "util.h"

struct shell_builtin {
	const char *name, *usage;
	int most; /* words after the name; -1 for any number */
	/* With the words of the command, its name first and a NULL last; returns its status. */
	int (*run)(char **args);
};

/* The builtin of that name, or NULL. */
const struct shell_builtin *shell_builtin_find(const char *name);

/* Set by the shell at Ctrl-C, looked at by what takes long. */
extern volatile int shell_interrupted;
