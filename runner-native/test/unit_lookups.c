/* The set of looked-up places: nothing is lost as it grows, nothing is there twice, it is bounded,
 * and can be emptied. */
#include "unit.h"

#include "lookups.h"

static struct lookup *at(struct lookups *lookups, const char *text)
{
	const size_t length = strlen(text);
	return lookups_at(lookups, lookups_hash(LOOKUPS_HASH_START, text, length), text, length);
}

static void test_growth(void)
{
	static struct lookups lookups;
	char name[32];
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "usr/share/%d", i);
		struct lookup *lookup = at(&lookups, name);
		CHECK(lookup != NULL && lookup->uses == 0);
		if (lookup != NULL)
			lookup->uses = (uint8_t)(1 + i % 50);
	}
	CHECK(lookups.count == 20003); /* with the folders on the way */
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "usr/share/%d", i);
		CHECK(at(&lookups, name)->uses == 1 + i % 50);
	}
	CHECK(lookups.count == 20003);
}

static void test_hash_of_parts(void)
{
	const uint32_t begun = lookups_hash(LOOKUPS_HASH_START, "usr", 3);
	CHECK(lookups_hash(begun, "/bin", 4) == lookups_hash(LOOKUPS_HASH_START, "usr/bin", 7));
}

static void test_targets(void)
{
	static struct lookups lookups;
	CHECK(lookups_set_target(&lookups, at(&lookups, "lib"), "usr/lib", 7));
	const size_t used = lookups.used;
	/* The same again takes no room; another one takes the place of the first. */
	CHECK(lookups_set_target(&lookups, at(&lookups, "lib"), "usr/lib", 7));
	CHECK(lookups.used == used);
	CHECK(lookups_set_target(&lookups, at(&lookups, "lib"), "opt/lib", 7));
	CHECK(memcmp(lookups_target(&lookups, at(&lookups, "lib")), "opt/lib", 7) == 0);
}

/* Places that are parts of each other, or end alike, are others; each comes back as it was. */
static void test_places(void)
{
	static struct lookups lookups;
	static const char *const places[] = {
		"", "a", "aa", "b", "a/b", "a/b/a", "b/a", "b/a/b", "a/a/b", "aa/b", "x/y/z",
	};
	char place[LOOKUPS_LONGEST];
	for (size_t i = 0; i < lengthof(places); i++)
		at(&lookups, places[i])->uses = (uint8_t)(1 + i);
	for (size_t i = 0; i < lengthof(places); i++) {
		const struct lookup *lookup = at(&lookups, places[i]);
		CHECK(lookup->uses == 1 + i);
		CHECK(lookups_place(&lookups, lookup, place) == strlen(places[i]));
		CHECK(memcmp(place, places[i], strlen(places[i])) == 0);
	}
	CHECK(at(&lookups, "x/y")->uses == 0);
	CHECK(lookups.count == lengthof(places) + 3);
}

static void test_longest(void)
{
	static struct lookups lookups;
	static char text[LOOKUPS_LONGEST + 2], place[LOOKUPS_LONGEST];
	for (size_t i = 0; i < LOOKUPS_LONGEST; i++)
		text[i] = i % 2 == 0 ? 'x' : '/';
	text[LOOKUPS_LONGEST - 1] = 'x';
	const struct lookup *lookup = at(&lookups, text);
	CHECK(lookup != NULL && lookups_place(&lookups, lookup, place) == LOOKUPS_LONGEST);
	CHECK(memcmp(place, text, LOOKUPS_LONGEST) == 0);
	text[LOOKUPS_LONGEST] = 'x';
	CHECK(at(&lookups, text) == NULL);
}

/* By places and by bytes, and as if it were new after that. */
static void test_bound(void)
{
	static struct lookups lookups;
	char text[300];
	for (int length = 5; length < 300; length += 200) {
		int count = 0;
		while (count < LOOKUPS_ROOM) {
			snprintf(text, sizeof(text), "%0*d", length, count);
			if (at(&lookups, text) == NULL)
				break;
			count++;
		}
		CHECK(count > 3000 && count < LOOKUPS_ROOM);
		CHECK(lookups.count <= LOOKUPS_ROOM && lookups.used <= LOOKUPS_ARENA);
		CHECK(at(&lookups, text) == NULL);
		lookups_clear(&lookups);
		CHECK(lookups.count == 0 && at(&lookups, text)->uses == 0);
		lookups_clear(&lookups);
	}
}

int main(void)
{
	test_growth();
	test_hash_of_parts();
	test_targets();
	test_places();
	test_longest();
	test_bound();
	return unit_end("lookups");
}
