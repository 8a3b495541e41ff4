/* Implementation of looked.h. Paths are bytes, and each is written as one code unit. */
#include "looked.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "events.h"

#define PATHS_IN_EVENT 500

/* The longest form of a byte is \u00XX. */
#define LONGEST_PAIR (6 * (size_t)UINT16_MAX + 32)

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

static void put_lookup(struct line *line, const struct lookups *lookups,
		       const struct lookup *lookup)
{
	if (line->paths == PATHS_IN_EVENT || line->used + LONGEST_PAIR > sizeof(line->text))
		flush(line);
	put(line, line->paths == 0 ? "{\"event\":\"looked\",\"paths\":[\"" : ",\"");
	for (size_t i = 0; i < lookup->length; i++)
		put_byte(line, (unsigned char)lookups_text(lookups, lookup)[i]);
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

void looked_send(const struct observer *observer)
{
	static struct line line;
	struct json json;
	const struct lookups *lookups = &observer->lookups;
	for (size_t i = 0; i < lookups->count && observer->reason == NULL; i++)
		if (lookups->all[i].uses != 0)
			put_lookup(&line, lookups, &lookups->all[i]);
	flush(&line);
	json_begin(&json, "observed");
	json_bool(&json, "complete", observer->reason == NULL);
	json_string(&json, "reason", observer->reason);
	json_bool(&json, "network", observer->network);
	json_number(&json, "calls", (int64_t)observer->calls);
	json_number(&json, "interrupted", (int64_t)observer->interrupted);
	json_number(&json, "supervisor_us", processor_us());
	(void)json_send(&json, EVENT_FD);
}
