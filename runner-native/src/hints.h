/* What a person can do about the five usual reasons for which a sandbox cannot be made. */
#pragma once

/* What was being set up when it failed. */
enum step { STEP_USERNS, STEP_NAMESPACES, STEP_IDMAP, STEP_OVERLAY, STEP_MOUNT };

/* A sentence of advice, or NULL where there is nothing better to say than the errno. */
const char *hint_for(enum step step, int number);
