/* The set of looked-up places: nothing is lost as it grows, nothing is there twice, and it is
 * bounded. */
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
	CHECK(lookups.count == 20000);
	for (int i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "usr/share/%d", i);
		CHECK(at(&lookups, name)->uses == 1 + i % 50);
	}
	CHECK(lookups.count == 20000);
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

static void test_bound(void)
{
	static struct lookups lookups;
	static char text[65535];
	size_t count = 0;
	memset(text, 'x', sizeof(text));
	while (count < 2000) {
		memcpy(text, &count, sizeof(count));
		const uint32_t hash = lookups_hash(LOOKUPS_HASH_START, text, sizeof(text));
		if (lookups_at(&lookups, hash, text, sizeof(text)) == NULL)
			break;
		count++;
	}
	CHECK(count == ((size_t)32 << 20) / sizeof(text));
}

int main(void)
{
	test_growth();
	test_hash_of_parts();
	test_targets();
	test_bound();
	return unit_end("lookups");
}
