/* Implementation of creds.h. Runs in pid 1 of a step. */
#include "creds.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

static int ascending(const void *left, const void *right)
{
	const gid_t *a = left;
	const gid_t *b = right;
	return (*a > *b) - (*a < *b);
}

void creds_sort(gid_t *groups, size_t count)
{
	qsort(groups, count, sizeof(*groups), ascending);
}

void creds_begin(struct creds *creds, const struct user *user)
{
	creds->known[0] = (struct cred){
		.ruid = user->uid,
		.euid = user->uid,
		.suid = user->uid,
		.fsuid = user->uid,
		.rgid = user->gid,
		.egid = user->gid,
		.sgid = user->gid,
		.fsgid = user->gid,
		.group_count = (uint32_t)user->group_count,
	};
	memcpy(creds->groups, user->groups, user->group_count * sizeof(gid_t));
	creds_sort(creds->groups, user->group_count);
	creds->group_count = (uint32_t)user->group_count;
	creds->count = 1;
}

static int set_index(pid_t tid, uint32_t index)
{
	struct rlimit limit;
	if (prlimit(tid, RLIMIT_RSS, NULL, &limit) < 0)
		return -errno;
	limit.rlim_cur = index;
	return prlimit(tid, RLIMIT_RSS, &limit, NULL) < 0 ? -errno : 0;
}

int creds_enter(void)
{
	return set_index(0, 0);
}

struct cred creds_of(const struct creds *creds, pid_t tid)
{
	struct rlimit limit;
	/* A process that is gone gets no answer, whoever it was. */
	if (prlimit(tid, RLIMIT_RSS, NULL, &limit) < 0 || limit.rlim_cur >= creds->count)
		return creds->known[0];
	return creds->known[limit.rlim_cur];
}

const gid_t *creds_groups(const struct creds *creds, const struct cred *cred)
{
	return creds->groups + cred->first_group;
}

static bool same(const struct creds *creds, const struct cred *known, const struct cred *cred,
		 const gid_t *groups)
{
	struct cred other = *cred;
	other.first_group = known->first_group;
	return memcmp(known, &other, sizeof(other)) == 0 &&
	       memcmp(creds_groups(creds, known), groups, cred->group_count * sizeof(gid_t)) == 0;
}

/* Stores the groups, or finds where the last identity has the same ones. */
static bool keep_groups(struct creds *creds, struct cred *cred, const gid_t *groups)
{
	for (uint32_t i = creds->count; i-- > 0;) {
		const struct cred *known = &creds->known[i];
		if (known->group_count == cred->group_count &&
		    memcmp(creds_groups(creds, known), groups, cred->group_count * sizeof(gid_t)) ==
			    0) {
			cred->first_group = known->first_group;
			return true;
		}
	}
	if (lengthof(creds->groups) - creds->group_count < cred->group_count)
		return false;
	cred->first_group = creds->group_count;
	memcpy(creds->groups + creds->group_count, groups, cred->group_count * sizeof(gid_t));
	creds->group_count += cred->group_count;
	return true;
}

int creds_become(struct creds *creds, pid_t tid, const struct cred *cred, const gid_t *groups)
{
	struct cred kept = *cred;
	for (uint32_t i = 0; i < creds->count; i++)
		if (same(creds, &creds->known[i], cred, groups))
			return set_index(tid, i);
	if (creds->count == lengthof(creds->known) || !keep_groups(creds, &kept, groups))
		return -EAGAIN;
	creds->known[creds->count] = kept;
	return set_index(tid, creds->count++);
}

bool creds_in_group(const struct creds *creds, const struct cred *cred, gid_t gid)
{
	const gid_t *groups = creds_groups(creds, cred);
	if (cred->fsgid == gid)
		return true;
	for (uint32_t i = 0; i < cred->group_count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

bool creds_permit(const struct creds *creds, const struct cred *cred, mode_t mode, uid_t uid,
		  gid_t gid, unsigned want)
{
	unsigned granted = mode & 7;
	if (cred->fsuid == 0)
		return true;
	if (cred->fsuid == uid)
		granted = mode >> 6 & 7;
	else if (creds_in_group(creds, cred, gid))
		granted = mode >> 3 & 7;
	return (want & ~granted) == 0;
}
