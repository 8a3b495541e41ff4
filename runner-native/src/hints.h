/* What a person can do about the usual reasons for which a sandbox cannot be made. */
#pragma once

/* What was being set up when it failed. */
enum step {
	STEP_USERNS,
	STEP_NAMESPACES,
	STEP_IDMAP,
	STEP_OVERLAY,
	STEP_MOUNT,
	STEP_SUPERVISOR,
	STEP_CHROOT,
};

/* Advice, or NULL where there is nothing better to say than the errno. Good until the next call. */
const char *hint_for(enum step step, int number);
