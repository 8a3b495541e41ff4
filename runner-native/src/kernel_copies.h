/* /proc and /sys of a step where neither can be mounted (rung "chroot"): copies of the few files
 * that programs read to learn of the machine. Nothing of any process is among them.
 * Runs outside of the step's root, with the privilege of whoever runs the step. */
#pragma once

#include "util.h"

/* Fills an empty folder that is to stand for /proc, or /sys. What cannot be read is left out. */
int kernel_copies_proc(int folder);
int kernel_copies_sys(int folder, bool has_network);
