/* Implementation of mounted.h. */
#include "mounted.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "words.h"

#define MOUNTINFO_LIMIT ((size_t)1 << 20)

/* The fields of a line of mountinfo; those after the lone "-" come last. */
enum { FIELD_ROOT = 3, FIELD_TARGET = 4, FIELD_OPTIONAL = 6 };

struct fields {
	char *root, *target, *type;
};

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

static bool split(char *line, struct fields *fields)
{
	char *rest = line;
	bool past_optional = false;
	*fields = (struct fields){ 0 };
	for (int i = 0; rest != NULL; i++) {
		char *field = strsep(&rest, " ");
		if (past_optional) {
			fields->type = field;
			break;
		}
		if (i == FIELD_ROOT)
			fields->root = field;
		if (i == FIELD_TARGET)
			fields->target = field;
		past_optional = i >= FIELD_OPTIONAL && strcmp(field, "-") == 0;
	}
	if (fields->type == NULL || fields->target[0] != '/')
		return false;
	unescape(fields->target);
	return true;
}

static enum mounted_kind kind_of(const struct fields *fields)
{
	static const char *const kernels_own[] = {
		"sysfs",     "devpts",	"mqueue",  "cgroup", "cgroup2",	 "securityfs",
		"selinuxfs", "debugfs", "tracefs", "bpf",    "configfs", "pstore",
	};
	if (strcmp(fields->type, "proc") == 0)
		return MOUNTED_PROC;
	if (strcmp(fields->type, "tmpfs") == 0 && strcmp(fields->root, "/") == 0)
		return strcmp(fields->target, "/dev") == 0 ? MOUNTED_DEVICES : MOUNTED_NEW;
	for (size_t i = 0; i < lengthof(kernels_own); i++)
		if (strcmp(fields->type, kernels_own[i]) == 0)
			return MOUNTED_NEW;
	return MOUNTED_FOREIGN;
}

static bool is_folder(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A mount inside of another one counts as a part of that. */
static int add(struct mounted *mounted, const struct fields *fields)
{
	const enum mounted_kind kind = kind_of(fields);
	const char *path = fields->target + 1;
	struct mounted_at *outer = mounted_find(mounted, path, strlen(path));
	if (*path == '\0')
		return 0;
	if (outer != NULL) {
		/* A file (a device, a mask) brings no links along. */
		if (kind == MOUNTED_FOREIGN && outer->kind != MOUNTED_PROC &&
		    is_folder(fields->target))
			outer->kind = MOUNTED_FOREIGN;
		return 0;
	}
	struct mounted_at *at = array_push(&mounted->all, &mounted->count, sizeof(*at));
	if (at == NULL)
		return -ENOMEM;
	at->path = strdup(path);
	at->length = strlen(path);
	at->kind = kind;
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
		struct fields fields;
		char *line = strsep(&rest, "\n");
		if (split(line, &fields))
			rc = add(mounted, &fields);
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
