/* The record of an owner: as text and as a time, there and back, and what is no record. */
#include "unit.h"

#include "ownership.h"

static bool parses(const char *text, struct ownership *owner)
{
	return ownership_parse(text, strlen(text), owner);
}

static void test_text(void)
{
	char text[OWNERSHIP_ROOM];
	struct ownership read;
	const struct ownership file = { .uid = 1000, .gid = 4294967294U };
	const struct ownership device = { .gid = 6, .node = S_IFBLK, .major = 7, .minor = 255 };
	CHECK(ownership_format(&file, text) == strlen(text));
	CHECK(strcmp(text, "1000:4294967294") == 0);
	CHECK(parses(text, &read) && read.uid == 1000 && read.gid == 4294967294U && read.node == 0);
	ownership_format(&device, text);
	CHECK(strcmp(text, "0:6:b:7:255") == 0);
	CHECK(parses(text, &read) && memcmp(&read, &device, sizeof(read)) == 0);
}

static void test_no_text(void)
{
	static const char *const wrong[] = {
		"",	     ":",     "1",	    "1:",	  ":1",	  "1:2:",
		"1:2:x:1:1", "1:2:c", "1:2:c:1",    "1:2:c:1:1:", "-1:2", "1:4294967295",
		" 1:2",	     "1:2 ",  "1:2:cc:1:1",
	};
	struct ownership owner = { .uid = 77 };
	for (size_t i = 0; i < lengthof(wrong); i++)
		CHECK(!parses(wrong[i], &owner));
	CHECK(!ownership_parse("1:2\0", 4, &owner));
	CHECK(!ownership_parse("1:2", 70, &owner));
	CHECK(owner.uid == 77);
}

static void test_time(void)
{
	static const uint32_t ids[] = { 0,	   1,	       33,	   1000,
					999999999, 1000000000, 1000000001, 2147483647 };
	for (size_t i = 0; i < lengthof(ids); i++)
		for (size_t k = 0; k < lengthof(ids); k++) {
			struct ownership read;
			const struct ownership owner = { .uid = ids[i], .gid = ids[k] };
			const struct timespec time = ownership_to_time(&owner);
			/* Within what ext4 can store, and later than any time of now. */
			CHECK(time.tv_sec >= 4294967296 && time.tv_sec < 15032385536);
			CHECK(time.tv_nsec >= 0 && time.tv_nsec < 1000000000);
			CHECK(ownership_from_time(time, &read) && read.uid == ids[i] &&
			      read.gid == ids[k]);
		}
}

static void test_no_time(void)
{
	struct ownership owner;
	CHECK(!ownership_from_time((struct timespec){ .tv_sec = 0 }, &owner));
	CHECK(!ownership_from_time((struct timespec){ .tv_sec = -1 }, &owner));
	CHECK(!ownership_from_time((struct timespec){ .tv_sec = 4294967295 }, &owner));
	CHECK(!ownership_from_time((struct timespec){ .tv_sec = 10737418240 }, &owner));
}

int main(void)
{
	test_text();
	test_no_text();
	test_time();
	test_no_time();
	return unit_end("ownership");
}
