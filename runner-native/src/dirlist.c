/* Implementation of dirlist.h. */
#include "dirlist.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "words.h"

static int by_bytes(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static int collect(DIR *stream, struct dirlist *list)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(stream);
		if (entry == NULL)
			return -errno;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		char **slot = array_push(&list->names, &list->count, sizeof(*slot));
		if (slot == NULL || (*slot = strdup(entry->d_name)) == NULL)
			return -ENOMEM;
	}
}

int dirlist_read(int dir, struct dirlist *list)
{
	*list = (struct dirlist){ 0 };
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Who may read a folder need not be allowed to search it. */
	if (copy < 0 && errno == EACCES)
		copy = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	if (copy < 0)
		return -errno;
	DIR *stream = fdopendir(copy);
	if (stream == NULL) {
		close(copy);
		return -ENOMEM;
	}
	int rc = collect(stream, list);
	closedir(stream);
	if (rc == 0 && list->count > 1)
		qsort(list->names, list->count, sizeof(char *), by_bytes);
	return rc;
}

void dirlist_free(struct dirlist *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct dirlist){ 0 };
}
