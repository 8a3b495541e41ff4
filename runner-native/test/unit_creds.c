/* Identities: kept once, found again in the limit of a process, and what they permit. */
#include "unit.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "creds.h"

static struct creds creds;
static struct user user = { .uid = 5, .gid = 6, .groups = { 7, 8 }, .group_count = 2 };

static uid_t uid_of_child(void)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0)
		_exit((int)creds_of(&creds, getpid()).euid);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return (uid_t)WEXITSTATUS(status);
}

static void test_become(void)
{
	creds_begin(&creds, &user);
	CHECK(creds_enter() == 0);
	struct cred cred = creds_of(&creds, getpid());
	CHECK(cred.ruid == 5 && cred.fsgid == 6 && cred.group_count == 2);
	CHECK(creds_in_group(&creds, &cred, 8) && creds_in_group(&creds, &cred, 6));
	CHECK(!creds_in_group(&creds, &cred, 9));
	cred.euid = cred.fsuid = 9;
	CHECK(creds_become(&creds, getpid(), &cred, creds_groups(&creds, &cred)) == 0);
	CHECK(creds_of(&creds, getpid()).euid == 9 && creds.count == 2);
	CHECK(creds.group_count == 2); /* the same groups are kept once */
	CHECK(uid_of_child() == 9);
	cred.euid = cred.fsuid = 5;
	CHECK(creds_become(&creds, getpid(), &cred, creds_groups(&creds, &cred)) == 0);
	CHECK(creds.count == 2);
	CHECK(uid_of_child() == 5);
}

static void test_full(void)
{
	static const gid_t none[1];
	creds_begin(&creds, &user);
	for (uint32_t i = 1; i < lengthof(creds.known); i++) {
		const struct cred cred = { .ruid = 100 + i };
		CHECK(creds_become(&creds, getpid(), &cred, none) == 0);
	}
	const struct cred more = { .ruid = 1 };
	CHECK(creds_become(&creds, getpid(), &more, none) == -EAGAIN);
	CHECK(creds_of(&creds, getpid()).ruid == 100 + lengthof(creds.known) - 1);
}

/* A step cannot set the limit; were it to, no index leads out of the table. */
static void test_forged_index(void)
{
	struct rlimit limit;
	creds_begin(&creds, &user);
	CHECK(getrlimit(RLIMIT_RSS, &limit) == 0);
	limit.rlim_cur = 4000000000;
	CHECK(setrlimit(RLIMIT_RSS, &limit) == 0);
	CHECK(creds_of(&creds, getpid()).euid == 5);
}

static void test_permit(void)
{
	const struct cred root = { 0 };
	creds_begin(&creds, &user);
	const struct cred cred = creds.known[0];
	CHECK(creds_permit(&creds, &root, 0, 9, 9, R_OK | W_OK | X_OK));
	CHECK(creds_permit(&creds, &cred, 0600, 5, 9, R_OK | W_OK));
	CHECK(!creds_permit(&creds, &cred, 0077, 5, 6, R_OK));
	CHECK(creds_permit(&creds, &cred, 0070, 9, 8, R_OK | W_OK | X_OK));
	CHECK(!creds_permit(&creds, &cred, 0707, 9, 6, R_OK));
	CHECK(creds_permit(&creds, &cred, 0005, 9, 9, R_OK | X_OK));
	CHECK(!creds_permit(&creds, &cred, 0005, 9, 9, W_OK));
}

int main(void)
{
	test_become();
	test_full();
	test_forged_index();
	test_permit();
	return unit_end("creds");
}
