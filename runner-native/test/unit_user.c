/* passwd and group lines as an attacker may write them. */
#include "unit.h"

#include "user.h"

static struct user user;
static struct err err;

static int resolve(const char *passwd, const char *group, const char *spec)
{
	return user_resolve_text(passwd, group, spec, &user, &err);
}

static void test_names_and_numbers(void)
{
	const char *passwd = "root:x:0:0:r:/root:/bin/sh\napp:x:10:20:::\n10:x:30:40::/ten:\n";
	CHECK(resolve(passwd, NULL, "") == 0 && user.uid == 0 && user.gid == 0);
	CHECK_TEXT(user.home, "/root");
	CHECK(resolve(passwd, NULL, "app") == 0 && user.uid == 10 && user.gid == 20);
	CHECK_TEXT(user.home, "");
	/* A name of digits wins over the number. */
	CHECK(resolve(passwd, NULL, "10") == 0 && user.uid == 30);
	CHECK(resolve(passwd, NULL, "30") == 0 && user.uid == 30 && user.gid == 40);
	CHECK(resolve(passwd, NULL, "99") == 0 && user.uid == 99 && user.gid == 0);
	CHECK(resolve(NULL, NULL, "") == 0 && user.uid == 0);
}

static void test_unknown(void)
{
	CHECK(resolve("", "", "ghost") < 0);
	CHECK_TEXT(err.code, "E_USER");
	CHECK_TEXT(err.message, "the image has no user \"ghost\" in /etc/passwd");
	CHECK(resolve(NULL, NULL, "ghost") < 0);
	CHECK_TEXT(err.message,
		   "the image has no user \"ghost\" in /etc/passwd (there is no such file)");
	CHECK(resolve(NULL, NULL, "0:ghost") < 0);
	CHECK_TEXT(err.message,
		   "the image has no group \"ghost\" in /etc/group (there is no such file)");
	CHECK(resolve(NULL, NULL, "-1") < 0);
	CHECK(resolve(NULL, NULL, "2147483648") < 0);
	CHECK(resolve(NULL, NULL, "4294967296") < 0);
	CHECK(resolve(NULL, NULL, "0:4294967295") < 0);
}

static void test_malformed_lines(void)
{
	CHECK(resolve("a\na:\na:x\na:x:\na:x:1\na:x:z:1\na:x:1:z\na:x:5:6\n", NULL, "a") == 0);
	CHECK(user.uid == 5 && user.gid == 6);
	CHECK(resolve("a:x:99999999999:1\na:x:-1:1\n", NULL, "a") < 0);
	CHECK(resolve("\n\n:::::::::\n::0:0\n", NULL, "a") < 0);
	/* The last line may lack its newline. */
	CHECK(resolve("a:x:7:8::/h:s", NULL, "a") == 0 && user.gid == 8);
	CHECK_TEXT(user.home, "/h");
}

static void test_groups(void)
{
	const char *passwd = "app:x:10:20::/:\n";
	const char *group =
		"g:x:1:app\nh:x:2:other,app\ni:x:3:apple,happ\nj:x:4:\nk:x:bad:app\nl:x:5:a,,app,";
	/* The user's own group is among them. */
	CHECK(resolve(passwd, group, "app") == 0 && user.group_count == 4 && user.groups[0] == 20);
	CHECK(user.groups[1] == 1 && user.groups[2] == 2 && user.groups[3] == 5);
	CHECK(resolve(passwd, group, "app:h") == 0 && user.gid == 2 && user.group_count == 1);
	CHECK(resolve(passwd, group, "77") == 0 && user.group_count == 1 && user.groups[0] == 0);
}

int main(void)
{
	test_names_and_numbers();
	test_unknown();
	test_malformed_lines();
	test_groups();
	return unit_end("user");
}
