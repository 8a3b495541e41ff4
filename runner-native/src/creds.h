/* The identities that processes of a step believe to have, where the kernel has one id for all.
 * Each distinct set of ids is kept once; which one a process has stands in the soft limit
 * RLIMIT_RSS of that process. Linux has not enforced that limit since 2.4.30, copies it at a fork,
 * keeps it over an exec, shares it between threads and drops it with the process: what a table by
 * process number could only guess at. The step cannot set or read it (calls_process.c).
 * Threat: a step that asks for ever new identities; the tables are of fixed size. */
#pragma once

#include "user.h"

struct cred {
	uid_t ruid, euid, suid, fsuid;
	gid_t rgid, egid, sgid, fsgid;
	uint32_t group_count;
	uint32_t first_group; /* in creds.groups */
	uint32_t keeps_caps;  /* PR_SET_KEEPCAPS */
	uint32_t kept_caps;   /* has capabilities though no longer effective user 0 */
};

struct creds {
	struct cred known[4096];
	uint32_t count;
	gid_t groups[32768]; /* supplementary ones, of all sets */
	uint32_t group_count;
};

/* Puts supplementary groups into the order in which the kernel shows them. */
void creds_sort(gid_t *groups, size_t count);

/* Makes the identity of `user` the one that the step begins with. */
void creds_begin(struct creds *creds, const struct user *user);

/* Gives this process (and what it starts) the identity that the step begins with; 0 or -errno. */
int creds_enter(void);

/* Whom the process or thread `tid` believes to be. */
struct cred creds_of(const struct creds *creds, pid_t tid);

/* Makes it believe to be `cred`, whose groups are `groups`. 0 or -errno: -EAGAIN when the tables
 * are full. */
int creds_become(struct creds *creds, pid_t tid, const struct cred *cred, const gid_t *groups);

const gid_t *creds_groups(const struct creds *creds, const struct cred *cred);

/* Whether `cred` has `gid` as its group or among its supplementary ones. */
bool creds_in_group(const struct creds *creds, const struct cred *cred, gid_t gid);

/* Whether `cred` may do what `want` (R_OK, W_OK, X_OK) asks of a file with this mode and owner, by
 * the rules of the kernel. */
bool creds_permit(const struct creds *creds, const struct cred *cred, mode_t mode, uid_t uid,
		  gid_t gid, unsigned want);
