/* Paths, and the walk that stands in for openat2 where that is forbidden. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path.h"

static void test_clean(void)
{
	static const char *const good[] = { "", "a", "a/b", "...", ".a", "a..", "a/..b" };
	static const char *const bad[] = { "/",	 "/a",	 "a/",	 "a//b", ".",
					   "..", "a/..", "../a", "a/./b" };
	char name[COMPONENT_MAX + 2];
	for (size_t i = 0; i < lengthof(good); i++)
		CHECK(path_is_clean(good[i]));
	for (size_t i = 0; i < lengthof(bad); i++)
		CHECK(!path_is_clean(bad[i]));
	memset(name, 'x', sizeof(name));
	name[COMPONENT_MAX] = '\0';
	CHECK(path_is_clean(name));
	name[COMPONENT_MAX] = 'x';
	name[COMPONENT_MAX + 1] = '\0';
	CHECK(!path_is_clean(name));
}

/* Both ways of opening must give the same answers. */
static void check_both(int dir, const char *path, int flags, int expected)
{
	int walked = path_walk_beneath(dir, path, (uint64_t)flags, 0);
	int opened = path_open_beneath(dir, path, (uint64_t)flags, 0);
	if (expected == 0) {
		struct stat a, b;
		CHECK(walked >= 0 && opened >= 0);
		CHECK(fstat(walked, &a) == 0 && fstat(opened, &b) == 0 && a.st_ino == b.st_ino);
		CHECK((fcntl(walked, F_GETFD) & FD_CLOEXEC) != 0);
	} else {
		CHECK(walked == -expected);
		CHECK(opened < 0);
	}
	if (walked >= 0)
		close(walked);
	if (opened >= 0)
		close(opened);
}

static void test_beneath(void)
{
	char base[] = "/tmp/slipway-unit-XXXXXX";
	CHECK(mkdtemp(base) != NULL);
	int dir = open(base, O_RDONLY | O_DIRECTORY);
	CHECK(mkdirat(dir, "d", 0755) == 0 && mkdirat(dir, "d/e", 0755) == 0);
	CHECK(symlinkat("/etc", dir, "out") == 0 && symlinkat("d", dir, "in") == 0);
	CHECK(symlinkat("..", dir, "d/up") == 0);
	close(openat(dir, "d/e/f", O_CREAT | O_WRONLY, 0644));
	check_both(dir, "d", O_RDONLY | O_DIRECTORY, 0);
	check_both(dir, "d/e/f", O_RDONLY, 0);
	check_both(dir, "in", O_PATH, 0); /* the link itself */
	check_both(dir, "in", O_RDONLY, ELOOP);
	check_both(dir, "in/e/f", O_RDONLY, ENOTDIR);
	check_both(dir, "out/passwd", O_RDONLY, ENOTDIR);
	check_both(dir, "d/up/d/e/f", O_RDONLY, ENOTDIR);
	check_both(dir, "d/none", O_RDONLY, ENOENT);
	check_both(dir, "d/e/f/g", O_RDONLY, ENOTDIR);
	CHECK(path_walk_beneath(dir, "../etc", O_RDONLY, 0) == -EXDEV);
	CHECK(path_walk_beneath(dir, "/etc", O_RDONLY, 0) == -EXDEV);
	CHECK(unlinkat(dir, "d/e/f", 0) == 0 && unlinkat(dir, "d/up", 0) == 0);
	CHECK(unlinkat(dir, "d/e", AT_REMOVEDIR) == 0 && unlinkat(dir, "d", AT_REMOVEDIR) == 0);
	CHECK(unlinkat(dir, "in", 0) == 0 && unlinkat(dir, "out", 0) == 0);
	close(dir);
	CHECK(rmdir(base) == 0);
}

static void test_numbers(void)
{
	uint64_t value;
	CHECK(parse_number("0", 10, 5, &value) && value == 0);
	CHECK(parse_number("755", 8, 07777, &value) && value == 0755);
	CHECK(parse_number("18446744073709551615", 10, UINT64_MAX, &value) && value == UINT64_MAX);
	CHECK(!parse_number("18446744073709551616", 10, UINT64_MAX, &value));
	CHECK(!parse_number("", 10, 5, &value) && !parse_number("6", 10, 5, &value));
	CHECK(!parse_number("8", 8, 100, &value) && !parse_number("+1", 10, 5, &value));
	CHECK(!parse_number(" 1", 10, 5, &value) && !parse_number("1x", 10, 5, &value));
}

int main(void)
{
	test_clean();
	test_beneath();
	test_numbers();
	return unit_end("path");
}
