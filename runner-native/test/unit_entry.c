/* Entry headers: what is written is read again, and nothing cut short or damaged is read at all. */
#include "unit.h"

#include "entry.h"

static struct entry entry;
static struct entry again;
static struct err err;
static unsigned char bytes[4 + ENTRY_HEADER_MAX];

static ssize_t make_sample(void)
{
	memset(&entry, 0, sizeof(entry));
	entry.type = ENTRY_FILE;
	entry.mode = 06755;
	entry.uid = 1;
	entry.gid = 0xfffffffe;
	entry.mtime_sec = -5;
	entry.mtime_nsec = 999999999;
	entry.size = 1ULL << 40;
	memcpy(entry.path, "a/b", 4);
	memcpy(entry.xattrs[0].name, "user.x", 7);
	entry.xattrs[0].value = (const unsigned char *)"\0\1";
	entry.xattrs[0].length = 2;
	entry.xattr_count = 1;
	return entry_format(&entry, bytes);
}

static void test_round_trip(void)
{
	ssize_t length = make_sample();
	CHECK(length > 4 && bytes[0] == (unsigned char)(length - 4));
	CHECK(entry_parse(bytes + 4, (size_t)length - 4, &again, &err) == 0);
	CHECK(again.type == ENTRY_FILE && again.mode == 06755 && again.uid == 1 &&
	      again.gid == 0xfffffffe);
	CHECK(again.mtime_sec == -5 && again.mtime_nsec == 999999999 && again.size == 1ULL << 40);
	CHECK_TEXT(again.path, "a/b");
	CHECK(again.xattr_count == 1 && again.xattrs[0].length == 2 &&
	      again.xattrs[0].value[1] == 1);
	CHECK_TEXT(again.xattrs[0].name, "user.x");
}

static void test_every_cut(void)
{
	ssize_t length = make_sample();
	for (size_t cut = 0; cut + 4 < (size_t)length; cut++) {
		/* A copy of its own, so that a read past the end is seen by the sanitizer. */
		unsigned char *copy = malloc(cut + 1);
		memcpy(copy, bytes + 4, cut);
		CHECK(entry_parse(copy, cut, &again, &err) < 0);
		CHECK_TEXT(err.code, "E_STREAM");
		free(copy);
	}
}

/* Any single damaged byte gives an answer, never a crash; what is accepted is inside its limits. */
static void test_every_byte(void)
{
	ssize_t length = make_sample();
	for (size_t at = 4; at < (size_t)length; at++)
		for (unsigned value = 0; value < 256; value++) {
			unsigned char old = bytes[at];
			bytes[at] = (unsigned char)value;
			if (entry_parse(bytes + 4, (size_t)length - 4, &again, &err) == 0)
				CHECK(path_is_clean(again.path) &&
				      again.xattr_count <= ENTRY_XATTRS);
			bytes[at] = old;
		}
}

int main(void)
{
	test_round_trip();
	test_every_cut();
	test_every_byte();
	return unit_end("entry");
}
