/* Finds out where a path of a step's ends, name by name as the kernel does, and notes every link
 * that is crossed and the end, by their true places. What is known of a name costs nothing; a new
 * one, one readlink. Opens nothing of the step. */
#pragma once

#include "observer.h"

/* How a caller sees the file system. Places are relative to the step's root. */
struct view {
	pid_t tid; /* 0 where it is nobody's in particular */
	char root[PATH_MAX];
	size_t root_length;
	char place[PATH_MAX]; /* where the path begins */
	size_t length;
	bool is_doubtful; /* result: a name on the way was just being changed */
};

/* Notes `path`: its end with `uses`, each link on the way with LOOK_LINK, each folder before a ".."
 * with LOOK_EXISTS. */
void resolve(struct observer *observer, struct view *view, const char *path, unsigned uses);
