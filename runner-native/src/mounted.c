/* Implementation of mounted.h. */
#include "mounted.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "words.h"

#define MOUNTINFO_LIMIT ((size_t)1 << 20)
#define FIELD_TARGET	4

/* Undoes the escapes (\040) of mountinfo, in place. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *at = text; *at != '\0'; to++) {
		if (*at == '\\' && strspn(at + 1, "01234567") >= 3) {
			*to = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
			at += 4;
		} else {
			*to = *at++;
		}
	}
	*to = '\0';
}

int mounted_add(struct mounted *mounted, const char *place)
{
	if (*place == '\0' || mounted_find(mounted, place, strlen(place)) != NULL)
		return 0;
	struct mounted_at *at = array_push(&mounted->all, &mounted->count, sizeof(*at));
	if (at == NULL)
		return -ENOMEM;
	at->path = strdup(place);
	at->length = strlen(place);
	return at->path == NULL ? -ENOMEM : 0;
}

int mounted_read(struct mounted *mounted)
{
	cleanup_free char *text = NULL;
	size_t length;
	cleanup_close int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 ? -errno : read_to_end(fd, MOUNTINFO_LIMIT, &text, &length);
	char *rest = text;
	while (rc == 0 && rest != NULL) {
		char *line = strsep(&rest, "\n");
		char *field = NULL;
		for (int i = 0; i <= FIELD_TARGET && line != NULL; i++)
			field = strsep(&line, " ");
		if (line == NULL)
			continue;
		unescape(field);
		rc = field[0] == '/' ? mounted_add(mounted, field + 1) : 0;
	}
	return rc;
}

struct mounted_at *mounted_find(const struct mounted *mounted, const char *path, size_t length)
{
	for (size_t i = 0; i < mounted->count; i++) {
		struct mounted_at *at = &mounted->all[i];
		if (length >= at->length && memcmp(path, at->path, at->length) == 0 &&
		    (length == at->length || path[at->length] == '/'))
			return at;
	}
	return NULL;
}
