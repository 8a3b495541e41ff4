/* Implementation of listing.h. */
#include "listing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "dirlist.h"
#include "sighting.h"

/* Rows and texts of one kind: a text is a name, a NUL, a link's target, and a NUL. */
struct group {
	uint32_t count;
	struct bytes rows, texts;
};

enum kind { FILES, FOLDERS, OTHERS, FAILED, KINDS };

static enum kind kind_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return FOLDERS;
	return S_ISREG(mode) || S_ISLNK(mode) || S_ISFIFO(mode) ? FILES : OTHERS;
}

static int add_row(struct group *group, const struct sighting *seen, const char *name,
		   const char *target)
{
	int rc = bytes_add(&group->rows, seen, sizeof(*seen));
	if (rc == 0)
		rc = bytes_add(&group->texts, name, strlen(name) + 1);
	if (rc == 0)
		rc = bytes_add(&group->texts, target, strlen(target) + 1);
	group->count += rc == 0;
	return rc;
}

/* What cannot be looked at is told with its errno for a mode: it may be of no interest. */
static int add_failed(struct group groups[KINDS], const char *name)
{
	const struct sighting failed = { .mode = (uint64_t)errno };
	return add_row(&groups[FAILED], &failed, name, "");
}

static int look(struct group groups[KINDS], int folder, const char *name)
{
	struct stat st;
	char target[PATH_MAX + 1] = "";
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		/* Gone since it was listed: a moment later it would not have been. */
		return errno == ENOENT ? 0 : add_failed(groups, name);
	if (S_ISLNK(st.st_mode)) {
		ssize_t length = readlinkat(folder, name, target, sizeof(target) - 1);
		if (length < 0)
			return add_failed(groups, name);
		target[length] = '\0';
	}
	const struct sighting seen = sighting_of(&st);
	return add_row(&groups[kind_of(st.st_mode)], &seen, name, target);
}

static int add_group(struct bytes *answer, const struct group *group)
{
	const uint64_t text_length = group->texts.length;
	int rc = bytes_add(answer, &group->count, sizeof(group->count));
	if (rc == 0)
		rc = bytes_add(answer, &text_length, sizeof(text_length));
	if (rc == 0)
		rc = bytes_add(answer, group->rows.data, group->rows.length);
	return rc == 0 ? bytes_add(answer, group->texts.data, group->texts.length) : rc;
}

int listing_add(struct bytes *answer, int folder)
{
	struct group groups[KINDS] = { 0 };
	struct dirlist list;
	int rc = dirlist_read(folder, &list);
	for (size_t i = 0; rc == 0 && i < list.count; i++)
		rc = look(groups, folder, list.names[i]);
	for (size_t i = 0; i < KINDS; i++) {
		if (rc == 0)
			rc = add_group(answer, &groups[i]);
		bytes_free(&groups[i].rows);
		bytes_free(&groups[i].texts);
	}
	dirlist_free(&list);
	return rc;
}
