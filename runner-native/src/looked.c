/* Implementation of looked.h. Paths are bytes, and each is written as one code unit. */
#include "looked.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "events.h"

#define PATHS_IN_EVENT 500

/* Of all events: the client keeps them until the step has ended. */
#define MOST_PATHS ((uint64_t)1000000)
#define MOST_BYTES ((uint64_t)64 << 20)

/* The longest form of a byte is \u00XX. */
#define LONGEST_PAIR (6 * LOOKUPS_LONGEST + 32)

struct line {
	char text[LONGEST_PAIR + 32768];
	size_t used;
	size_t paths;
};

static void put(struct line *line, const char *text)
{
	const size_t length = strlen(text);
	memcpy(line->text + line->used, text, length);
	line->used += length;
}

static void put_byte(struct line *line, unsigned char byte)
{
	char *at = line->text + line->used;
	if (byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f) {
		line->used += (size_t)sprintf(at, "\\u%04x", byte);
	} else if (byte < 0x80) {
		*at = (char)byte;
		line->used++;
	} else {
		at[0] = (char)(0xc0 | byte >> 6);
		at[1] = (char)(0x80 | (byte & 0x3f));
		line->used += 2;
	}
}

static void put_uses(struct line *line, unsigned uses)
{
	static const struct {
		enum look_use use;
		char letter[2];
	} letters[] = {
		{ LOOK_EXISTS, "a" }, { LOOK_STAT, "s" }, { LOOK_CONTENT, "c" },
		{ LOOK_NAMES, "l" },  { LOOK_LINK, "r" }, { LOOK_FOLLOWED, "f" },
	};
	for (size_t i = 0; i < lengthof(letters); i++)
		if ((uses & letters[i].use) != 0)
			put(line, letters[i].letter);
}

static void flush(struct line *line)
{
	if (line->paths > 0) {
		put(line, "]}\n");
		(void)write_all(EVENT_FD, line->text, line->used);
	}
	line->used = line->paths = 0;
}

static void put_lookup(struct line *line, struct observer *observer, const struct lookup *lookup)
{
	static char place[LOOKUPS_LONGEST];
	const size_t length = lookups_place(&observer->lookups, lookup, place);
	observer->told_bytes += length;
	if (observer->told++ >= MOST_PATHS || observer->told_bytes > MOST_BYTES)
		return observer_fail(observer, "it looked up too many paths");
	if (line->paths == PATHS_IN_EVENT || line->used + LONGEST_PAIR > sizeof(line->text))
		flush(line);
	put(line, line->paths == 0 ? "{\"event\":\"looked\",\"paths\":[\"" : ",\"");
	for (size_t i = 0; i < length; i++)
		put_byte(line, (unsigned char)place[i]);
	put(line, "\",\"");
	put_uses(line, lookup->uses);
	put(line, "\"");
	line->paths++;
}

static int64_t processor_us(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

void looked_send(struct observer *observer)
{
	static struct line line;
	const struct lookups *lookups = &observer->lookups;
	for (size_t i = 0; i < lookups->count && observer_is_on(observer); i++)
		if (lookups->all[i].uses != 0)
			put_lookup(&line, observer, &lookups->all[i]);
	flush(&line);
}

void looked_end(struct observer *observer)
{
	struct json json;
	looked_send(observer);
	json_begin(&json, "observed");
	json_bool(&json, "complete", observer->reason == NULL);
	json_string(&json, "reason", observer->reason);
	json_bool(&json, "network", observer->network);
	json_number(&json, "calls", (int64_t)observer->calls);
	json_number(&json, "interrupted", (int64_t)observer->interrupted);
	json_number(&json, "supervisor_us", processor_us());
	(void)json_send(&json, EVENT_FD);
}
