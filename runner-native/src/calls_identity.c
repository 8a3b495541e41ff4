/* The calls by which a process says or asks who it is, answered from creds.h by the kernel's own
 * rules (kernel/sys.c). CAP_SETUID and CAP_SETGID are what effective user 0 has, and who gave that
 * up while keeping capabilities. Part of the supervisor. */
#include <asm/unistd.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "supervisor.h"

#define KEEP	   ((uint32_t)-1) /* an id that is to stay as it is */
#define MAX_GROUPS 65536

#define HANDLER(name)                                                                              \
	static struct answer name(struct supervisor *supervisor, const struct notice *notice)

static bool is_root(const struct cred *cred)
{
	return cred->euid == 0 || cred->kept_caps;
}

static bool is_user_of(const struct cred *cred, uid_t uid)
{
	return uid == cred->ruid || uid == cred->euid || uid == cred->suid;
}

static bool is_group_of(const struct cred *cred, gid_t gid)
{
	return gid == cred->rgid || gid == cred->egid || gid == cred->sgid;
}

static struct answer become(struct supervisor *supervisor, const struct notice *notice,
			    const struct cred *cred)
{
	struct creds *creds = &supervisor->creds;
	return answer_value(creds_become(creds, notice->tid, cred, creds_groups(creds, cred)));
}

/* As become, after a change of the user: who is not effective user 0 any more has lost the
 * capabilities, unless it asked to keep them. */
static struct answer become_user(struct supervisor *supervisor, const struct notice *notice,
				 struct cred cred)
{
	const struct cred old = creds_of(&supervisor->creds, notice->tid);
	cred.kept_caps = cred.euid != 0 && cred.keeps_caps && is_root(&old);
	return become(supervisor, notice, &cred);
}

#define GETTER(id)                                                                                 \
	HANDLER(get_##id)                                                                          \
	{                                                                                          \
		return answer_value(creds_of(&supervisor->creds, notice->tid).id);                 \
	}

GETTER(ruid)
GETTER(euid)
GETTER(rgid)
GETTER(egid)

static struct answer write_three(const struct notice *notice, uint32_t first, uint32_t second,
				 uint32_t third)
{
	const uint32_t ids[] = { first, second, third };
	for (size_t i = 0; i < lengthof(ids); i++)
		if (notice_write(notice, notice->args[i], &ids[i], sizeof(ids[i])) < 0)
			return answer_value(-EFAULT);
	return answer_value(0);
}

HANDLER(get_resuid)
{
	const struct cred cred = creds_of(&supervisor->creds, notice->tid);
	return write_three(notice, cred.ruid, cred.euid, cred.suid);
}

HANDLER(get_resgid)
{
	const struct cred cred = creds_of(&supervisor->creds, notice->tid);
	return write_three(notice, cred.rgid, cred.egid, cred.sgid);
}

HANDLER(get_groups)
{
	const struct cred cred = creds_of(&supervisor->creds, notice->tid);
	const int room = (int)notice->args[0];
	if (room < 0 || (room > 0 && (uint32_t)room < cred.group_count))
		return answer_value(-EINVAL);
	if (room > 0 && cred.group_count > 0 &&
	    notice_write(notice, notice->args[1], creds_groups(&supervisor->creds, &cred),
			 cred.group_count * sizeof(gid_t)) < 0)
		return answer_value(-EFAULT);
	return answer_value(cred.group_count);
}

HANDLER(set_uid)
{
	struct cred cred = creds_of(&supervisor->creds, notice->tid);
	const uid_t uid = (uid_t)notice->args[0];
	if (uid == KEEP)
		return answer_value(-EINVAL);
	if (is_root(&cred))
		cred.ruid = cred.suid = uid;
	else if (uid != cred.ruid && uid != cred.suid)
		return answer_value(-EPERM);
	cred.euid = cred.fsuid = uid;
	return become_user(supervisor, notice, cred);
}

HANDLER(set_gid)
{
	struct cred cred = creds_of(&supervisor->creds, notice->tid);
	const gid_t gid = (gid_t)notice->args[0];
	if (gid == KEEP)
		return answer_value(-EINVAL);
	if (is_root(&cred))
		cred.rgid = cred.sgid = gid;
	else if (gid != cred.rgid && gid != cred.sgid)
		return answer_value(-EPERM);
	cred.egid = cred.fsgid = gid;
	return become(supervisor, notice, &cred);
}

HANDLER(set_reuid)
{
	const struct cred old = creds_of(&supervisor->creds, notice->tid);
	struct cred cred = old;
	const uid_t real = (uid_t)notice->args[0];
	const uid_t effective = (uid_t)notice->args[1];
	if (real != KEEP && !is_root(&old) && real != old.ruid && real != old.euid)
		return answer_value(-EPERM);
	if (effective != KEEP && !is_root(&old) && !is_user_of(&old, effective))
		return answer_value(-EPERM);
	if (real != KEEP)
		cred.ruid = real;
	if (effective != KEEP)
		cred.euid = effective;
	if (real != KEEP || (effective != KEEP && effective != old.ruid))
		cred.suid = cred.euid;
	cred.fsuid = cred.euid;
	return become_user(supervisor, notice, cred);
}

HANDLER(set_regid)
{
	const struct cred old = creds_of(&supervisor->creds, notice->tid);
	struct cred cred = old;
	const gid_t real = (gid_t)notice->args[0];
	const gid_t effective = (gid_t)notice->args[1];
	if (real != KEEP && !is_root(&old) && real != old.rgid && real != old.egid)
		return answer_value(-EPERM);
	if (effective != KEEP && !is_root(&old) && !is_group_of(&old, effective))
		return answer_value(-EPERM);
	if (real != KEEP)
		cred.rgid = real;
	if (effective != KEEP)
		cred.egid = effective;
	if (real != KEEP || (effective != KEEP && effective != old.rgid))
		cred.sgid = cred.egid;
	cred.fsgid = cred.egid;
	return become(supervisor, notice, &cred);
}

HANDLER(set_resuid)
{
	struct cred cred = creds_of(&supervisor->creds, notice->tid);
	uid_t *const ids[] = { &cred.ruid, &cred.euid, &cred.suid };
	const struct cred old = cred;
	for (size_t i = 0; i < lengthof(ids); i++) {
		const uid_t uid = (uid_t)notice->args[i];
		if (uid == KEEP)
			continue;
		if (!is_root(&old) && !is_user_of(&old, uid))
			return answer_value(-EPERM);
		*ids[i] = uid;
	}
	/* Since Linux 6.2 what changes nothing does not even reset the file system's id. */
	if ((uid_t)notice->args[1] == KEEP && memcmp(&cred, &old, sizeof(cred)) == 0)
		return answer_value(0);
	cred.fsuid = cred.euid;
	return become_user(supervisor, notice, cred);
}

HANDLER(set_resgid)
{
	struct cred cred = creds_of(&supervisor->creds, notice->tid);
	gid_t *const ids[] = { &cred.rgid, &cred.egid, &cred.sgid };
	const struct cred old = cred;
	for (size_t i = 0; i < lengthof(ids); i++) {
		const gid_t gid = (gid_t)notice->args[i];
		if (gid == KEEP)
			continue;
		if (!is_root(&old) && !is_group_of(&old, gid))
			return answer_value(-EPERM);
		*ids[i] = gid;
	}
	if ((gid_t)notice->args[1] == KEEP && memcmp(&cred, &old, sizeof(cred)) == 0)
		return answer_value(0);
	cred.fsgid = cred.egid;
	return become(supervisor, notice, &cred);
}

/* These two return the old value, whatever becomes of the new one. */
HANDLER(set_fsuid)
{
	struct cred cred = creds_of(&supervisor->creds, notice->tid);
	const uid_t old = cred.fsuid;
	const uid_t uid = (uid_t)notice->args[0];
	if (uid != KEEP && uid != old && (is_root(&cred) || is_user_of(&cred, uid))) {
		cred.fsuid = uid;
		(void)become(supervisor, notice, &cred);
	}
	return answer_value(old);
}

HANDLER(set_fsgid)
{
	struct cred cred = creds_of(&supervisor->creds, notice->tid);
	const gid_t old = cred.fsgid;
	const gid_t gid = (gid_t)notice->args[0];
	if (gid != KEEP && gid != old && (is_root(&cred) || is_group_of(&cred, gid))) {
		cred.fsgid = gid;
		(void)become(supervisor, notice, &cred);
	}
	return answer_value(old);
}

HANDLER(set_groups)
{
	gid_t groups[USER_MAX_GROUPS];
	struct cred cred = creds_of(&supervisor->creds, notice->tid);
	const uint64_t count = (uint32_t)notice->args[0];
	if (!is_root(&cred))
		return answer_value(-EPERM);
	if (count > MAX_GROUPS)
		return answer_value(-EINVAL);
	if (count > lengthof(groups))
		return answer_value(-ENOMEM);
	if (count > 0 && notice_read(notice, notice->args[1], groups, count * sizeof(gid_t)) < 0)
		return answer_value(-EFAULT);
	for (size_t i = 0; i < count; i++)
		if (groups[i] == KEEP)
			return answer_value(-EINVAL);
	creds_sort(groups, count);
	cred.group_count = (uint32_t)count;
	return answer_value(creds_become(&supervisor->creds, notice->tid, &cred, groups));
}

HANDLER(keep_caps)
{
	struct cred cred = creds_of(&supervisor->creds, notice->tid);
	cred.keeps_caps = notice->args[1] == 1;
	(void)become(supervisor, notice, &cred);
	return answer_perform();
}

#define CALL(name, handler)                                                                        \
	{                                                                                          \
		{ __NR_##name, TRAP_ALWAYS, 0, 0 }, handler                                        \
	}

static const struct call CALLS[] = {
	CALL(getuid, get_ruid),
	CALL(geteuid, get_euid),
	CALL(getgid, get_rgid),
	CALL(getegid, get_egid),
	CALL(getresuid, get_resuid),
	CALL(getresgid, get_resgid),
	CALL(getgroups, get_groups),
	CALL(setuid, set_uid),
	CALL(setgid, set_gid),
	CALL(setreuid, set_reuid),
	CALL(setregid, set_regid),
	CALL(setresuid, set_resuid),
	CALL(setresgid, set_resgid),
	CALL(setfsuid, set_fsuid),
	CALL(setfsgid, set_fsgid),
	CALL(setgroups, set_groups),
	{ { __NR_prctl, TRAP_IF_EQUAL, 0, PR_SET_KEEPCAPS }, keep_caps },
};

const struct call_table CALLS_IDENTITY = { CALLS, lengthof(CALLS) };
