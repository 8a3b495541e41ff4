/* What the kernel opens by itself to start a program: chains of `#!` interpreters, and the ELF
 * interpreter. Part of the observer.
 * Threat: a program's headers are the step's: every length is checked, every chain bounded, and a
 * file is opened to read only when it is a regular one. */
#pragma once

#include "observer.h"

/* Notes the interpreters of the program that the caller is about to start; its own path is noted by
 * the caller of this. An empty path is the descriptor `dirfd` itself. */
void programs_look(struct observer *observer, const struct notice *notice, int dirfd,
		   const char *path, bool follows);
