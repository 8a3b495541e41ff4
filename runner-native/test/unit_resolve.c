/* What becomes of the set of looked-up places when it is full: it is told and emptied, and who was
 * changing a name then may still do so. Looks at names in a folder of its own. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events.h"
#include "resolve.h"

static struct observer observer;
static struct view view;
static char folder[] = "/tmp/slipway-resolve-XXXXXX";

static void look(const char *name, unsigned uses)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	resolve(&observer, &view, path, uses);
}

static void fill_up(int names)
{
	char name[32];
	for (int i = 0; i < names; i++) {
		snprintf(name, sizeof(name), "name-%d", i);
		look(name, LOOK_STAT);
	}
}

static off_t told(void)
{
	struct stat st;
	return fstat(EVENT_FD, &st) < 0 ? -1 : st.st_size;
}

static void test_full(void)
{
	fill_up(1000);
	CHECK(told() == 0);
	fill_up(LOOKUPS_ROOM);
	CHECK(told() > 100000 && observer.lookups.count < LOOKUPS_ROOM);
	CHECK(observer.reason == NULL && observer.mover_count == 0);
}

/* This thread is in no other call, so that its last one may always be going on. */
static void test_change_that_goes_on(void)
{
	char at[64], target[64];
	struct thread *thread = threads_make_room(&observer.threads, getpid());
	thread->tid = view.tid = getpid();
	thread->serial = observer.serial = 7;
	snprintf(at, sizeof(at), "%s/late", folder);
	snprintf(target, sizeof(target), "%s/target", folder);

	look("late", LOOK_CHANGES);
	fill_up(LOOKUPS_ROOM);
	CHECK(observer.mover_count == 1);
	look("late", LOOK_STAT | LOOK_FOLLOWED);
	CHECK(view.is_doubtful);
	CHECK(symlink("target", at) == 0);
	look("late", LOOK_STAT | LOOK_FOLLOWED);
	const uint32_t hash = lookups_hash(LOOKUPS_HASH_START, target + 1, strlen(target) - 1);
	const struct lookup *found =
		lookups_at(&observer.lookups, hash, target + 1, strlen(target) - 1);
	CHECK(found->uses == (LOOK_STAT | LOOK_FOLLOWED));

	/* Its next call: the one before has ended. */
	thread->serial = 8;
	look("late", LOOK_STAT | LOOK_FOLLOWED);
	CHECK(!view.is_doubtful && observer.mover_count == 0);
	CHECK(unlink(at) == 0);
}

/* What a client is to hold is bounded. */
static void test_too_much(void)
{
	int rounds = 0;
	while (observer.reason == NULL && rounds++ < 40)
		fill_up(LOOKUPS_ROOM);
	CHECK(rounds > 20 && observer.reason != NULL);
	CHECK(told() < 128 << 20);
}

int main(void)
{
	char events[64];
	CHECK(mkdtemp(folder) != NULL);
	snprintf(events, sizeof(events), "%s/events", folder);
	const int fd = open(events, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	/* Where threads are looked up. */
	CHECK(fd >= 0 && dup2(fd, EVENT_FD) == EVENT_FD && chdir("/proc") == 0);
	test_full();
	test_change_that_goes_on();
	test_too_much();
	CHECK(unlink(events) == 0 && rmdir(folder) == 0);
	return unit_end("resolve");
}
