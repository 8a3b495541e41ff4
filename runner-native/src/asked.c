/* Implementation of asked.h. */
#include "asked.h"

#include <string.h>

static size_t parent_of(const char *text, size_t length)
{
	while (length > 0 && text[length - 1] != '/')
		length--;
	return length > 0 ? length - 1 : 0;
}

static bool is_up(const char *name, size_t length)
{
	return length == 2 && name[0] == '.' && name[1] == '.';
}

static bool append(struct asked *asked, const char *name, size_t length)
{
	if (asked->length + length + 2 > sizeof(asked->text))
		return false;
	if (asked->length > 0)
		asked->text[asked->length++] = '/';
	memcpy(asked->text + asked->length, name, length);
	asked->length += length;
	return true;
}

bool asked_join(struct asked *asked, const char *base, size_t base_length, const char *path)
{
	bool has_name = false;
	asked->has_up = asked->is_folder = false;
	asked->length = base_length;
	if (base_length >= PATH_MAX)
		return false;
	memcpy(asked->text, base, base_length);
	for (;;) {
		asked->is_folder = *path == '/';
		path += strspn(path, "/");
		const size_t length = strcspn(path, "/");
		if (length == 0)
			break;
		if (length == 1 && *path == '.') {
			path++;
			/* "link/." is what the link leads to. */
			asked->is_folder = true;
			if (*path == '\0')
				break;
			continue;
		}
		const bool up = is_up(path, length);
		/* Above the base, whose place is true, the text can be trusted. */
		if (up && !has_name) {
			asked->length = parent_of(asked->text, asked->length);
		} else {
			asked->has_up = asked->has_up || up;
			has_name = true;
			if (!append(asked, path, length))
				return false;
		}
		path += length;
	}
	asked->text[asked->length] = '\0';
	return true;
}

size_t asked_resolve(const struct asked *asked, char *to,
		     void (*each)(void *context, const char *folder, size_t length), void *context)
{
	size_t length = 0;
	bool was_up = false;
	for (size_t at = 0; at < asked->length;) {
		const char *name = asked->text + at;
		const char *end = memchr(name, '/', asked->length - at);
		const size_t size = end == NULL ? asked->length - at : (size_t)(end - name);
		if (is_up(name, size)) {
			if (!was_up)
				each(context, to, length);
			length = parent_of(to, length);
			was_up = true;
		} else {
			if (length > 0)
				to[length++] = '/';
			memcpy(to + length, name, size);
			length += size;
			was_up = false;
		}
		at += size + 1;
	}
	to[length] = '\0';
	return length;
}
