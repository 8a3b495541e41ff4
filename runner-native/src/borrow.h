/* The identity by which the kernel judges what a process does to files, taken over for a moment
 * from a process of the step: what a supervisor opens for it, it could have opened itself. Used
 * where the supervisor is root beside the step (rung "chroot"), in no user namespace: without it
 * any user of the step had root's files opened; and the memory of another user's process is that
 * user's to read where the container gives no CAP_SYS_PTRACE. */
#pragma once

#include "err.h"

/* Takes it over: user, group and further groups of the thread `tid`, which is below the working
 * folder
 * (/proc). 0 or -errno, and then nothing has changed. */
int borrow_begin(pid_t tid);

/* Gives it back: root's, without further groups. */
void borrow_end(void);
